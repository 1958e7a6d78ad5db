import { UserError } from '../../errors.ts';
import { worker } from '../state/connection.ts';
import { useLadder } from '../state/ladder.ts';

/** Ends the rung that is being measured; a training keeps a checkpoint to go on from. */
export async function stopLadder(): Promise<void> {
  useLadder.setState({ stopping: true });
  const api = await worker();
  await Promise.all([api.interrupt(), api.cancelGenerate()]);
}

export function stopped(): UserError {
  return new UserError('stopped', 'Stopped. What was measured before stays.');
}

/** @throws UserError `stopped` once the person has pressed Stop */
export function unlessStopped(): void {
  if (useLadder.getState().stopping) throw stopped();
}
