import { openHeadless } from './browser.mjs';
import { Failure, STATUS } from './failure.mjs';

/** How long a run may take to save itself after a signal; all of it must be over within 10 s. */
const GRACE_MS = 9000;

/**
 * Opens the headless page, gives it to `work`, and closes it whatever happens. Ends early where the browser dies
 * or a signal comes; on a signal `onSignal` may first end the work in order, and has a few seconds for it.
 *
 * @template T
 * @param {Parameters<typeof openHeadless>[0] & { signal: AbortSignal, onSignal?: (headless: import('./browser.mjs').Headless) => Promise<boolean>, open?: typeof openHeadless }} options `open` gives the page.
 * @param {(headless: import('./browser.mjs').Headless & { finish: () => void }) => Promise<T>} work From `finish()` on
 *   it only writes down what it has: a signal does not end that.
 * @returns {Promise<T>}
 */
export async function withHeadless({ signal, onSignal, open = openHeadless, ...options }, work) {
  /** @type {import('./browser.mjs').Headless | null} */
  let opened = null;
  let finishing = false;
  const interrupted = new Promise((_, reject) => {
    const end = () => reject(new Failure(STATUS.interrupted, 'Interrupted: nothing was written.'));
    const begin = async () => {
      if (finishing) return;
      // Counted from the signal: a page that hangs does not even hear of it.
      if (opened && onSignal) setTimeout(end, GRACE_MS).unref();
      const ending = opened && onSignal ? await onSignal(opened).catch(() => false) : false;
      if (!ending) end();
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', () => void begin(), { once: true });
  });
  interrupted.catch(() => {});
  const headless = await Promise.race([open(options), interrupted]);
  opened = headless;
  headless.disconnected.catch(() => {});
  try {
    const finish = () => {
      finishing = true;
    };
    return await Promise.race([work({ ...headless, finish }), headless.disconnected, interrupted]);
  } catch (error) {
    const cause = headless.inbox.failed();
    if (!cause || error instanceof Failure) throw error;
    const full = cause.code === 'ENOSPC';
    throw new Failure(
      STATUS.other,
      `${cause.path ?? 'A file'} could not be written (${full ? 'the disk is full, ' : ''}${cause.code}). What was written before is safe. ${full ? 'Free some space' : 'Correct that'}, then run the command again.`,
    );
  } finally {
    await headless.close();
  }
}

/** Lines about long work come no faster. */
const SAY_EVERY_MS = 2000;

/** Prints how far long work is. */
export function workPrinter(/** @type {(line: string) => void} */ say) {
  let told = 0;
  return (/** @type {import('../../src/worker/api/api.ts').RunEvent} */ event) => {
    if (event.type !== 'progress') return;
    if (Date.now() - told < SAY_EVERY_MS && event.done !== event.total) return;
    told = Date.now();
    say(`${event.what}: ${event.done}${event.total ? ` of ${event.total}` : ''}`);
  };
}

/** Prints what a run says, at most a line a second for steps. */
export function progressPrinter(/** @type {(line: string) => void} */ say) {
  let last = 0;
  return (/** @type {import('../../src/worker/api/api.ts').RunEvent} */ event) => {
    if (event.type === 'warning') say(`Warning: ${event.text}`);
    // A failure's sentence is the command's last line.
    else if (event.type === 'state' && event.state !== 'failed' && event.detail) say(event.detail);
    else if (event.type === 'eval')
      say(`held-out loss ${event.loss.toFixed(4)} over ${event.rows} rows (step ${event.step})`);
    else if (event.type === 'step') {
      const now = Date.now();
      if (now - last < 1000 && event.step !== 1 && event.step !== event.steps) return;
      last = now;
      say(
        `step ${event.step}/${event.steps}  loss ${event.loss.toFixed(4)}  ${Math.round(event.tokensPerSecond)} tokens/s  ` +
          `${Math.ceil(event.secondsLeft)} s left`,
      );
    }
  };
}
