import { worker } from '../state/connection.ts';

let last: Promise<unknown> = Promise.resolve();
/** What is computed ahead of being asked for. */
let spare: { givenUp: boolean } | null = null;

/** Answers one after another: the worker has one engine, which what comes next may replace. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work);
  last = result.catch(() => undefined);
  return result;
}

/** Ends the answer under way and waits until it has ended, before a run or another model takes its engine. */
export async function endAnswers(): Promise<void> {
  const under = last;
  if (spare) spare.givenUp = true;
  await (await worker()).cancelGenerate();
  await under;
}

/** In turn too, for what nobody waits for. @returns null where somebody did ask for something meanwhile */
export function inSpareTurn<T>(work: () => Promise<T>): Promise<T | null> {
  return inTurn(async () => {
    const mine = { givenUp: false };
    spare = mine;
    try {
      const result = await work();
      return mine.givenUp ? null : result;
    } finally {
      if (spare === mine) spare = null;
    }
  });
}

/** A person's wish comes first: what was computed ahead ends, and what it has said so far counts for nothing. */
export function giveUpSpare(): void {
  if (!spare) return;
  spare.givenUp = true;
  spare = null;
  void worker().then((api) => api.cancelGenerate());
}
