import type { Frame } from '../state/run.ts';

/** Most frames shown of a prompt before the middle ones are folded. */
const SHOWN = 4;

/** The first frame and the last two stay visible; once there are too many, those in between are folded. */
export function foldedFrames(
  frames: readonly Frame[],
  open: boolean,
): { head: Frame[]; folded: Frame[]; tail: Frame[] } {
  if (open || frames.length <= SHOWN) return { head: frames.slice(), folded: [], tail: [] };
  return { head: frames.slice(0, 1), folded: frames.slice(1, -2), tail: frames.slice(-2) };
}

/** Step of the frame that shows the model as it was at `step`: the latest one not after it. */
export function frameAt(frames: readonly Frame[], step: number): number | null {
  return frames.findLast((frame) => frame.step <= step)?.step ?? null;
}

/** With what the adapter of this step says, asked after the run where the run has not asked it. */
export function withFrame(frames: readonly Frame[], step: number, text: string): Frame[] {
  return [
    ...frames.filter((frame) => frame.step < step),
    { step, text, done: true },
    ...frames.filter((frame) => frame.step > step),
  ];
}
