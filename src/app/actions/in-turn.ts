import { worker } from '../state/connection.ts';

let last: Promise<unknown> = Promise.resolve();

/** Answers one after another: the worker has one engine, which what comes next may replace. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work);
  last = result.catch(() => undefined);
  return result;
}

/** Ends the answer under way and waits until it has ended, before a run or another model takes its engine. */
export async function endAnswers(): Promise<void> {
  const under = last;
  await (await worker()).cancelGenerate();
  await under;
}
