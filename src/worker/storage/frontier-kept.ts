import { UserError } from '../../errors.ts';
import type { KeptFrontier } from '../api/api.ts';
import { LARGEST_ADAPTERS, LARGEST_FILES } from './experiment-limits.ts';
import { reopenable } from './run-store.ts';

/**
 * Without a token, without models of folders and files, and without adapters that would take too much room.
 *
 * @throws UserError `storage-full` where the rows alone are too large
 */
export function keepableFrontier(frontier: KeptFrontier): KeptFrontier {
  const { given, points } = frontier;
  const { train, heldOut } = given.rows;
  if (train.size + heldOut.size > LARGEST_FILES)
    throw new UserError('storage-full', 'its rows have more than 256 MB of text');
  let room = LARGEST_ADAPTERS;
  const fits = (files: { bytes: Uint8Array }[]) => {
    const bytes = files.reduce((sum, one) => sum + one.bytes.byteLength, 0);
    if (bytes > room) return false;
    room -= bytes;
    return true;
  };
  // What has not answered yet is needed most.
  const first = [...points].sort((a, b) => Number(a.point !== null) - Number(b.point !== null));
  const kept = new Set(first.filter(({ adapter }) => adapter && fits(adapter)));
  return {
    ...frontier,
    given: {
      ...given,
      models: given.models.map(({ model: { choice, name, ...rest }, ...one }) => ({
        ...one,
        model: choice ? reopenable({ ...choice, ...rest }, name) : { choice, name, ...rest },
      })),
    },
    points: points.map((one) => (kept.has(one) ? one : { ...one, adapter: null })),
  };
}
