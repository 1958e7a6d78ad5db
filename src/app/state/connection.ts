import { proxy, type Remote } from 'comlink';
import type { RunEvent, WorkerApi } from '../../worker/api/api.ts';
import { keepsNothing } from './keeping.ts';

type Connected = Remote<WorkerApi>;

let connection: Promise<Connected> | null = null;

/** The run worker, started once and outside the first bundle. */
export function worker(): Promise<Connected> {
  connection ??= import('../../worker/api/client.ts').then(async (client) => {
    const api = await client.connectWorker();
    if (keepsNothing()) await api.keepNothing(true);
    return api;
  });
  const mine = connection;
  // What failed to start is not remembered: whoever asks next tries again.
  mine.catch(() => {
    if (connection === mine) connection = null;
  });
  return mine;
}

/** Whether the browser holds the run worker to the page's policy. */
export async function workerIsHeld(): Promise<boolean | null> {
  return (await import('../../worker/api/client.ts')).workerIsHeld();
}

/** Longest time between an event and its showing, in milliseconds. */
const BURST = 100;

/**
 * A listener for the worker that hands events on in bursts of at most ten a second, so that fast steps cost the
 * page no more than slow ones. A timer and not an animation frame: a hidden tab keeps counting.
 *
 * @returns the listener, and `settle`, for when the call has ended: it hands on what is still waiting. Events come over
 *   a port of their own, so some may arrive after the call's result; how far it was is then no longer wanted.
 */
export function burstListener(take: (events: RunEvent[]) => void) {
  let waiting: RunEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let ended = false;
  const handOn = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    take(events);
  };
  const listener = proxy((event: RunEvent) => {
    if (ended && event.type === 'progress') return;
    waiting.push(event);
    // What changes the state is shown at once: buttons must not lag behind a press.
    if (event.type === 'state') handOn();
    else timer ??= setTimeout(handOn, BURST);
  });
  const settle = () => {
    ended = true;
    handOn();
  };
  return { listener, settle };
}
