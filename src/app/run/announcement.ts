import { duration, loss } from '../shared/format.ts';
import { type RunView, statusOf } from '../state/run.ts';

/** State and loss in one spoken sentence; empty while there is no run. */
export function announcementOf(run: RunView): string {
  if (run.state === 'idle') return '';
  if (run.state === 'failed') return `Failed. ${run.error?.text ?? run.detail}`;
  const parts: string[] = [statusOf(run, true).word];
  if (run.wish) parts.push(run.wish === 'pause' ? 'pausing' : 'stopping');
  if (run.steps > 0) parts.push(`step ${run.step} of ${run.steps}`);
  const smooth = run.series.smooth.at(-1);
  if (smooth !== undefined) parts.push(`loss ${loss(smooth)}`);
  const held = run.held.loss.at(-1);
  if (held !== undefined) parts.push(`held-out loss ${loss(held)}`);
  if (run.state === 'training' && run.secondsLeft !== null) parts.push(`${duration(run.secondsLeft)} left`);
  return `${parts.join(', ')}.`;
}
