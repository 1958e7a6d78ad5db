import type { ErrorCode } from '../../error-codes.ts';
import { codeAndMessage } from '../../errors.ts';

/** A failure as the page shows it: a stable word for choosing the next button, and the sentence. */
export interface PageError {
  code: ErrorCode;
  /** What happened, in a few words, where it is not the same for every such code. */
  title?: string;
  text: string;
}

/** Why data could not be opened, and which are open all the same. */
export function notOpened(title: string, error: PageError, open: string | null): PageError {
  return {
    ...error,
    title: `${title} could not be opened.`,
    text: open ? `${error.text} ${open} is still open.` : error.text,
  };
}

/**
 * Errors cross from the worker as `code: message` (src/worker/api/api.ts). Anything else is a fault of the page's own,
 * and says so.
 */
export function pageError(error: unknown): PageError {
  const message = error instanceof Error ? error.message : String(error);
  const known = codeAndMessage(message);
  if (known) return { code: known.code, text: known.message };
  return {
    code: 'unexpected',
    text: `Something failed that should not have: ${message}. Your files are untouched. Reload the page and try again.`,
  };
}
