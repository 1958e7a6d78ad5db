import { type ErrorCode, isErrorCode } from './error-codes.ts';

/** An error whose message is written for the person: what happened, what is safe, what to do next. */
export class UserError extends Error {
  override name = 'UserError';
  /** For tests and for the page's choice of the next button. */
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The error where only a name and a message cross, out of a worker or a page: `code: message`, under the name
 * `UserError`.
 */
export function plainError({ code, message }: UserError): Error {
  const plain = new Error(`${code}: ${message}`);
  plain.name = 'UserError';
  return plain;
}

/** The reverse of `plainError`; null where the text is not of such an error. */
export function codeAndMessage(text: string): { code: ErrorCode; message: string } | null {
  const [, code, message] = /^([a-z][a-z0-9-]*): ([\s\S]+)$/.exec(text) ?? [];
  return code !== undefined && isErrorCode(code) ? { code, message } : null;
}
