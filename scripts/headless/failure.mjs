/** Exit statuses of the headless commands. */
export const STATUS = { done: 0, other: 1, usage: 2, noAdapter: 3, interrupted: 130 };

/** Ends a command with a status; the message is the last line on standard error. */
export class Failure extends Error {
  /** @override */
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

/** The flag that a worker's error is about, where its sentence does not name it: the worker knows no flags. */
export const FLAGS = {
  'no-rows': 'data',
  'no-prompt': 'prompt',
  'too-few-shots': 'shots',
  'too-many-shots': 'shots',
  'no-held-out-rows': 'eval-data',
  'no-target': 'targets',
  'unknown-target': 'targets',
  'no-config': 'model',
  'no-weights': 'model',
  'no-tokenizer': 'model',
  'bad-config': 'model',
  'bad-tokenizer': 'model',
  'missing-shard': 'model',
  'missing-tensor': 'model',
  'shape-mismatch': 'model',
  'unknown-architecture': 'model',
  'unsupported-trait': 'model',
  'gguf-bad-metadata': 'model',
  'gguf-not-a-model': 'model',
  'gguf-unsupported-type': 'model',
};

/** A worker's error (`code: message`, as it crosses) as a failure with its exit status. */
export function failureOf(/** @type {unknown} */ error) {
  if (error instanceof Failure) return error;
  const text = error instanceof Error ? error.message : String(error);
  const match = /(?:^|Error: )([a-z][a-z0-9]*(?:-[a-z0-9]+)*): ([\s\S]+)$/.exec(text);
  // Nobody's sentence: its first line, without the stack behind it.
  if (!match) return new Failure(STATUS.other, text.split('\n')[0]);
  const [, code, sentence] = match;
  const oneLine = sentence.split('\n')[0].trim();
  if (NO_ADAPTER.has(code)) return new Failure(STATUS.noAdapter, oneLine);
  const flag = FLAGS[/** @type {keyof typeof FLAGS} */ (code)];
  const named = flag && !oneLine.includes(`--${flag}`) ? `--${flag}: ${oneLine}` : oneLine;
  return new Failure(NOT_INPUT.has(code) ? STATUS.other : STATUS.usage, named);
}
