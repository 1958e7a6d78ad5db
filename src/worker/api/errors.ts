import { codeAndMessage, plainError, UserError } from '../../errors.ts';
import { heardFirst } from './heard.ts';

/**
 * What a worker answers a call with: its listeners have heard everything before (`heardFirst`), and errors carry their
 * code in front of their message, since Comlink carries an error's name and message alone.
 */
export function guarded<A extends unknown[], R>(
  work: (...args: A) => R | Promise<R>,
): (...args: A) => Promise<R> {
  const heard = heardFirst(work);
  return async (...args) => {
    try {
      return await heard(...args);
    } catch (error) {
      throw error instanceof UserError ? plainError(error) : error;
    }
  };
}

/** The other side: an error that crossed from a worker, with its code again. Anything else stays as it is. */
export function asUserError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'UserError' || error instanceof UserError) return error;
  const { code, message } = codeAndMessage(error.message) ?? { code: 'unexpected', message: error.message };
  return new UserError(code, message, { cause: error });
}
