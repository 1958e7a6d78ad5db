import { UserError } from '../../errors.ts';
import type { KeptDistil, KeptStudent } from '../api/api.ts';
import { LARGEST_ADAPTERS, LARGEST_FILES } from './experiment-limits.ts';
import { reopenable } from './run-store.ts';

/**
 * Without a token, and without adapters that would take too much room: a model of a folder or a file is chosen again, and an
 * adapter that is not kept is chosen, or trained, again where it is still needed.
 *
 * @throws UserError `storage-full` where the rows alone are too large
 */
export function keepableDistil(distil: KeptDistil): KeptDistil {
  refuseTooLarge(distil);
  const { given, students } = distil;
  let room = LARGEST_ADAPTERS;
  const fits = (files: { bytes: Uint8Array }[]) => {
    const bytes = files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    if (bytes > room) return false;
    room -= bytes;
    return true;
  };
  const { adapter } = given;
  const keptAdapter = adapter && (fits(adapter.files) ? adapter : { ...adapter, files: [] });
  const withoutLarge = (student: KeptStudent): KeptStudent =>
    student.files && !fits(student.files) ? { ...student, files: null } : student;
  return {
    ...distil,
    given: {
      ...given,
      teacher: { ...given.teacher, model: again(given.teacher.model) },
      student: { ...given.student, model: again(given.student.model) },
      adapter: keptAdapter,
    },
    students: Object.fromEntries(
      Object.entries(students).map(([who, student]) => [who, withoutLarge(student)]),
    ),
  };
}

function refuseTooLarge({ stages: { rows, attempts = [] }, given: { own } }: KeptDistil): void {
  const texts = [...rows.train, ...rows.heldOut, ...attempts, ...(own ?? [])].flatMap(({ turns }) => turns);
  if (texts.reduce((sum, { content }) => sum + content.length, 0) <= LARGEST_FILES) return;
  throw new UserError('storage-full', 'its rows have more than 256 MB of text');
}

function again({ choice, name, ...rest }: KeptDistil['given']['teacher']['model']) {
  return choice ? reopenable({ ...choice, ...rest }, name) : { choice, name, ...rest };
}
