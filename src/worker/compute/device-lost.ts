import { UserError } from '../../errors.ts';

/**
 * What happens when the device is lost. The host of the engine (engines.ts) lets go of it and tells whoever waits for it;
 * a run (runs.ts) then goes back to its last checkpoint on a new device, once from each; everything else fails with a
 * sentence.
 *
 * A graphics card that hangs, or whose process has died without a word, answers nothing at all: no promise of the run
 * would ever settle. So while something waits for the device, it is asked now and then for a sign of life.
 */

/** The device is gone (not by us), and with it everything that was on it. */
export class DeviceLost extends Error {
  override name = 'DeviceLost';
}

/** How often the device is asked, and how long it may take to answer. */
export interface Patience {
  everyMs: number;
  silenceMs: number;
}

/** Hardware never computes for longer than its system's watchdog allows; in software a first submit may take a minute. */
export const PATIENCE: Readonly<Record<'hardware' | 'software', Patience>> = {
  hardware: { everyMs: 5000, silenceMs: 40_000 },
  software: { everyMs: 5000, silenceMs: 180_000 },
};

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

/**
 * Whether an error comes of a lost device: a command that failed may be the first to meet the loss, and the device itself
 * says so a moment later.
 *
 * @param host counts its losses @param before how many there were before the work that failed
 */
export async function deviceWasLost(
  host: { readonly losses: number },
  before: number,
  device: 'webgpu' | 'software' | 'wasm',
  error: unknown,
): Promise<boolean> {
  if (error instanceof DeviceLost) return true;
  if (error instanceof UserError || device === 'wasm') return false;
  // Whatever waited for the device is given up at once, while its process may have much to do before it says why.
  const abandoned = error instanceof DOMException;
  for (let waited = 0; host.losses === before && waited < (abandoned ? 10_000 : 1000); waited += 50)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return host.losses !== before;
}

export function lostAgain(step: number): string {
  const saved = step > 0 ? `The run is saved at step ${step}.` : 'It had no checkpoint yet.';
  return `The graphics card was lost again at the same place. ${saved} Your data are safe. Close other programs that use the card, or use a smaller batch, and ${step > 0 ? 'resume' : 'start again'}.`;
}
