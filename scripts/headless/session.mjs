import { openHeadless } from './browser.mjs';
import { Failure, STATUS } from './failure.mjs';

/**
 * Opens the headless page, gives it to `work`, and closes it whatever happens. Ends early where the browser dies
 * or a signal comes; on a signal the page is first asked to stop.
 *
 * @template T
 * @param {Parameters<typeof openHeadless>[0] & { signal: AbortSignal }} options
 * @param {(headless: import('./browser.mjs').Headless) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withHeadless({ signal, ...options }, work) {
  const interrupted = new Promise((_, reject) => {
    const end = () => reject(new Failure(STATUS.interrupted, 'Interrupted.'));
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
  interrupted.catch(() => {});
  const headless = await Promise.race([openHeadless(options), interrupted]);
  headless.disconnected.catch(() => {});
  try {
    return await Promise.race([work(headless), headless.disconnected, interrupted]);
  } finally {
    await headless.close();
  }
}

/** Prints what a run says, at most a line a second for steps. */
export function progressPrinter(/** @type {(line: string) => void} */ say) {
  let last = 0;
  return (/** @type {import('../../src/worker/api.ts').RunEvent} */ event) => {
    if (event.type === 'warning') say(`Warning: ${event.text}`);
    else if (event.type === 'state' && event.detail) say(event.detail);
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
