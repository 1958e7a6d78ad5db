import { pageError } from '../shared/page-error.ts';
import { useCheck } from '../state/check.ts';
import { requests } from '../state/requests.ts';
import { getApp } from '../state/store.ts';
import { inTurn } from './in-turn.ts';
import { progressInto } from './progress.ts';

const checks = requests();

/** Opens the check of this device, and begins it where none was made yet. */
export function openCheck(): void {
  useCheck.setState({ open: true });
  if (!useCheck.getState().result) void checkDevice();
}

/** Replays the committed steps on this device; answers wait as long. */
export async function checkDevice(): Promise<void> {
  if (useCheck.getState().work) return;
  useCheck.setState({ work: { what: 'Replaying 30 steps', done: 0, total: null }, error: null });
  const hear = progressInto((work) => useCheck.setState({ work }));
  try {
    const result = await inTurn(() =>
      checks.begin().events(hear, (api, listener) => api.checkDevice(getApp().device, listener)),
    );
    useCheck.setState({ result, work: null });
  } catch (error) {
    useCheck.setState({ error: pageError(error), work: null });
  }
}
