import { UserError } from '../../errors.ts';
import type { KeptJob, KeptTasks } from '../api/api.ts';
import { LARGEST_ADAPTERS, LARGEST_FILES } from './experiment-limits.ts';

/**
 * Without adapters that would take too much room: one that is needed again is trained again. The newest have room first, as
 * what comes next is made of them.
 *
 * @throws UserError `storage-full` where the rows alone are too large
 */
export function keepableTasks(kept: KeptTasks): KeptTasks {
  refuseTooLarge(kept);
  let room = LARGEST_ADAPTERS;
  const jobs: KeptJob[] = [];
  for (const job of [...kept.jobs].reverse()) {
    const bytes = (job.files ?? []).reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    const fits = bytes <= room;
    if (fits) room -= bytes;
    jobs.unshift(fits ? job : { ...job, files: null });
  }
  return { ...kept, jobs };
}

function refuseTooLarge({ given: { tasks, replay } }: KeptTasks): void {
  const files = [...tasks.flatMap(({ file, heldOut }) => [file, heldOut]), replay?.file];
  if (files.reduce((sum, file) => sum + (file?.size ?? 0), 0) <= LARGEST_FILES) return;
  throw new UserError('storage-full', 'its files have more than 256 MB');
}
