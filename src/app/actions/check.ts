import { pageError } from '../shared/page-error.ts';
import { useCheck } from '../state/check.ts';
import { burstListener, worker } from '../state/connection.ts';
import { getApp } from '../state/store.ts';
import { inTurn } from './in-turn.ts';

/** Opens the check of this device, and begins it where none was made yet. */
export function openCheck(): void {
  useCheck.setState({ open: true });
  if (!useCheck.getState().result) void checkDevice();
}

/** Replays the committed steps on this device; answers wait as long. */
export async function checkDevice(): Promise<void> {
  if (useCheck.getState().work) return;
  useCheck.setState({ work: { what: 'Replaying 30 steps', done: 0, total: null }, error: null });
  const { listener, settle } = burstListener((events) => {
    for (const event of events)
      if (event.type === 'progress')
        useCheck.setState({ work: { what: event.what, done: event.done, total: event.total } });
  });
  try {
    const result = await inTurn(async () => (await worker()).checkDevice(getApp().device, listener));
    settle();
    useCheck.setState({ result, work: null });
  } catch (error) {
    settle();
    useCheck.setState({ error: pageError(error), work: null });
  }
}
