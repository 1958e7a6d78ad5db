import { errorCodes } from './tables.mjs';

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

/** A worker's error (`code: message`, as it crosses) as a failure with the exit status of its code. */
export async function failureOf(/** @type {unknown} */ error) {
  if (error instanceof Failure) return error;
  const text = error instanceof Error ? error.message : String(error);
  const [, code, sentence] = /(?:^|Error: )([a-z][a-z0-9-]*): ([\s\S]+)$/.exec(text) ?? [];
  const kind = code === undefined ? undefined : (await errorCodes())[code];
  // Nobody's sentence: its first line, without the stack that follows.
  if (!kind) return new Failure(STATUS.other, text.split('\n')[0]);
  const { exit, flag } = kind;
  const oneLine = sentence.split('\n')[0].trim();
  return new Failure(exit, flag && !oneLine.includes(`--${flag}`) ? `--${flag}: ${oneLine}` : oneLine);
}
