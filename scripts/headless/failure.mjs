/** Exit statuses of the headless commands. */
export const STATUS = { done: 0, other: 1, usage: 2, noAdapter: 3, interrupted: 130 };

/** Ends a command with a status; the message is the last line on standard error. */
export class Failure extends Error {
  name = 'Failure';
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Bad usage or bad input: names the flag, file, line or tensor. */
export const usage = (/** @type {string} */ message) => new Failure(STATUS.usage, message);

/** Codes of the worker's errors that are not the fault of what was given to it; each is thrown somewhere in src. */
export const NOT_INPUT = new Set([
  'bundled-missing',
  'busy',
  'data-worker',
  'device-lost',
  'diverged',
  'hub-bad-answer',
  'hub-busy',
  'hub-hash-mismatch',
  'hub-paused',
  'hub-unreachable',
  'no-wasm',
  'out-of-memory',
  'stopped',
  'worker-failed',
]);

export const NO_ADAPTER = new Set(['no-adapter', 'no-webgpu']);

/** A worker's error (`code: message`, as it crosses) as a failure with its exit status. */
export function failureOf(/** @type {unknown} */ error) {
  if (error instanceof Failure) return error;
  const text = error instanceof Error ? error.message : String(error);
  const match = /(?:^|Error: )([a-z][a-z0-9]*(?:-[a-z0-9]+)*): ([\s\S]+)$/.exec(text);
  if (!match) return new Failure(STATUS.other, text);
  const [, code, sentence] = match;
  const oneLine = sentence.split('\n')[0].trim();
  if (NO_ADAPTER.has(code)) return new Failure(STATUS.noAdapter, oneLine);
  return new Failure(NOT_INPUT.has(code) ? STATUS.other : STATUS.usage, oneLine);
}
