/** Progress of something measured in bytes, with how fast it goes. */
export interface Pace {
  what: string;
  marks: readonly { at: number; done: number }[];
}

/** Seconds of the past that the speed is taken over. */
const WINDOW = 6;

/** Adds what has arrived by `at` (in seconds); another file starts from zero. */
export function paced(before: Pace | null, what: string, done: number, at: number): Pace {
  const marks = before?.what === what && done >= (before.marks.at(-1)?.done ?? 0) ? before.marks : [];
  return { what, marks: [...marks.filter((mark) => mark.at >= at - WINDOW), { at, done }] };
}

/** Bytes a second; null until it can be told. */
export function speedOf({ marks }: Pace): number | null {
  const [first, last] = [marks[0], marks[marks.length - 1]];
  if (!first || last.at - first.at < 0.5 || last.done === first.done) return null;
  return (last.done - first.done) / (last.at - first.at);
}
