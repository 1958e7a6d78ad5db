/**
 * A graphics card that hangs, or whose process has died without a word, answers nothing at all: no promise of the run
 * would ever settle. So while something is asked of it, the device is asked now and then for a sign of life.
 */

/** How often the device is asked, and how long it may take to answer. */
export interface Patience {
  everyMs: number;
  silenceMs: number;
}

/**
 * @param beat settles once the device has answered
 * @param onSilence called once, when it has not for so long
 * @returns an end to it
 */
export function watchDevice(
  beat: () => Promise<unknown>,
  onSilence: () => void,
  patience: Patience,
): () => void {
  let asked: { at: number; looks: number } | null = null;
  const ask = () => {
    const mine = { at: performance.now(), looks: 0 };
    asked = mine;
    const answered = () => {
      if (asked === mine) asked = null;
    };
    // A refusal is an answer too: what it means is met where the device is used.
    beat().then(answered, answered);
  };
  const timer = setInterval(() => {
    if (!asked) return ask();
    if (performance.now() - asked.at < patience.silenceMs) return;
    // This side may have been busy, or frozen with its tab, with the answer waiting in its queue: look again first.
    if (++asked.looks < 3) return;
    clearInterval(timer);
    onSilence();
  }, patience.everyMs);
  return () => clearInterval(timer);
}
