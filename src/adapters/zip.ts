import { unzipSync, zipSync } from 'fflate';
import { UserError } from '../errors.ts';
import type { NamedFile } from './types.ts';

/** Earliest date that a zip can hold: equal files give an equal zip. */
const FIXED_DATE = new Date(1980, 0, 1);
/** Larger than any adapter; a zip that claims to unpack to more is not one. */
const MAX_UNPACKED = 4 * 2 ** 30;

/** Files → zip, stored without compression: weights do not compress and text is small. */
export function zipFiles(files: readonly NamedFile[]): Uint8Array {
  return zipSync(Object.fromEntries(files.map(({ path, bytes }) => [path, bytes])), {
    level: 0,
    mtime: FIXED_DATE,
  });
}

/**
 * Zip → files; folders and hidden entries are left out.
 * @throws UserError `bad-zip`
 */
export function unzipFiles(zip: Uint8Array, name = 'The zip'): NamedFile[] {
  let total = 0;
  try {
    const unpacked = unzipSync(zip, {
      filter: (entry) => {
        if (entry.name.endsWith('/') || entry.name.startsWith('__MACOSX/')) return false;
        total += entry.originalSize;
        if (total > MAX_UNPACKED) throw new RangeError('unpacks to more than 4 GB');
        return true;
      },
    });
    return Object.entries(unpacked).map(([path, bytes]) => ({ path, bytes }));
  } catch (cause) {
    throw new UserError(
      'bad-zip',
      `${name} could not be unpacked (${cause instanceof Error ? cause.message : 'unreadable'}). Download it again, or unpack it and choose its folder.`,
      { cause },
    );
  }
}
