import { UserError } from '../../errors.ts';

/**
 * Errors on their way out of a worker. Comlink carries an error's name and message alone, so the code goes in front of
 * the message: `code: message`, under the name `UserError`.
 */
export function guarded<A extends unknown[], R>(
  work: (...args: A) => R | Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await work(...args);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const plain = new Error(`${error.code}: ${error.message}`);
      plain.name = 'UserError';
      throw plain;
    }
  };
}

/** The other side: an error that crossed from a worker, with its code again. Anything else stays as it is. */
export function asUserError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'UserError' || error instanceof UserError) return error;
  const [, code, message] = /^([\w-]+): ([\s\S]*)$/.exec(error.message) ?? ['', 'data', error.message];
  return new UserError(code, message, { cause: error });
}
