/**
 * What ends a program that hangs: silence, never the time that it takes as a whole, so that a slow or busy machine
 * changes no result.
 *
 * @typedef {{ set(call: () => void, ms: number): unknown, clear(timer: unknown): void }} Clock
 */

/** @type {Clock} */
const REAL = {
  set: (call, ms) => setTimeout(call, ms),
  clear: (timer) => clearTimeout(/** @type {NodeJS.Timeout} */ (timer)),
};

/**
 * Calls `silent` once, when `ms` have passed since the last sign of life.
 * @param {number} ms
 * @param {() => void} silent
 * @param {Clock} [clock]
 */
export function onSilence(ms, silent, clock = REAL) {
  let over = false;
  const wait = () =>
    clock.set(() => {
      over = true;
      silent();
    }, ms);
  let timer = wait();
  return {
    /** A sign of life. */
    heard() {
      if (over) return;
      clock.clear(timer);
      timer = wait();
    },
    /** The program has ended. */
    stop() {
      over = true;
      clock.clear(timer);
    },
  };
}
