import type { ErrorCode } from '../../error-codes.ts';
import { codeAndMessage, UserError } from '../../errors.ts';
import { MissingPart } from './import-part.ts';

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

const NOT_ARRIVED: PageError = {
  code: 'page-file',
  title: 'A file of the page did not arrive.',
  text: 'What is open stays open. Check the connection, then try again.',
};

const OUTDATED: PageError = {
  code: 'page-outdated',
  title: 'A newer version of the page was published.',
  text: 'Download what you want to keep, then reload the page.',
};

/** What Chromium, Firefox and WebKit say of a request that failed. */
const NETWORK = /^(Failed to fetch|NetworkError when attempting|Load failed)/;

/**
 * Errors cross from the worker as `code: message` (src/worker/api/api.ts). Anything else is a fault of the page's own,
 * and says so.
 */
export function pageError(error: unknown): PageError {
  if (error instanceof MissingPart) return error.outdated ? OUTDATED : NOT_ARRIVED;
  if (error instanceof UserError) return { code: error.code, text: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const known = codeAndMessage(message);
  if (known) return { code: known.code, text: known.message };
  if (NETWORK.test(message)) return NOT_ARRIVED;
  return {
    code: 'unexpected',
    text: `Something failed that should not have: ${message}. Your files are untouched. Reload the page and try again.`,
  };
}
