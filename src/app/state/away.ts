import { worker } from './connection.ts';

/** Tells the run worker whether the person looks at another tab: then a run on the processor takes every core. */
export function tellWhenAway(): void {
  const tell = async () => (await worker()).setAway(document.hidden);
  // A worker that does not come is told of where it is needed.
  const told = () => void tell().catch(() => undefined);
  document.addEventListener('visibilitychange', told);
  told();
}
