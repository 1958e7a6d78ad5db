import { beforeEach, expect, test, vi } from 'vitest';
import { addDocuments, removeDocuments } from '../../../../src/app/actions/ladder-inputs.ts';
import { NO_LADDER, useLadder } from '../../../../src/app/state/ladder.ts';

/** What reads documents is a part of the page that comes late. */
const reader = vi.hoisted(() => ({ comes: true }));
vi.mock(import('../../../../src/app/shared/import-part.ts'), async (original) => {
  const { importPart, MissingPart, ...rest } = await original();
  return {
    ...{ ...rest, MissingPart },
    importPart: (async (load) => {
      if (!reader.comes) throw new MissingPart(false, null);
      return importPart(load);
    }) as typeof importPart,
  };
});

const file = (name: string, content: BlobPart) => ({ path: name, file: new File([content], name) });
const names = () => useLadder.getState().documents.map(({ name }) => name);

beforeEach(() => {
  reader.comes = true;
  useLadder.setState(NO_LADDER, true);
});

test('documents are added in the order of their names, and one takes the place of its namesake', async () => {
  await addDocuments([file('b.md', 'one'), file('c/a.txt', 'two')]);
  await addDocuments([file('a.html', 'three'), file('b.md', 'four')]);
  expect(useLadder.getState().documents).toEqual([
    { name: 'a.html', text: 'three' },
    { name: 'b.md', text: 'four' },
    { name: 'c/a.txt', text: 'two' },
  ]);
  removeDocuments();
  expect(names()).toEqual([]);
});

test('a document in another encoding is read, and that is told; a file that is no text is refused', async () => {
  await addDocuments([file('old.txt', Uint8Array.of(0x43, 0x61, 0x66, 0xe9, 0x73))]);
  expect(useLadder.getState()).toMatchObject({
    documents: [{ name: 'old.txt', text: 'Cafés' }],
    documentNotes: [expect.stringContaining('Windows-1252')],
  });
  await addDocuments([file('sheet.txt', new Uint8Array([0x50, 0x4b, 3, 4, ...new Uint8Array(40)]))]);
  expect(useLadder.getState().error?.title).toBe('The documents could not be read.');
  expect(names()).toEqual(['old.txt']);
});

test('where the part that reads them did not come, that is told and what was given stays', async () => {
  await addDocuments([file('a.txt', 'one')]);
  reader.comes = false;
  await addDocuments([file('b.txt', 'two')]);
  expect(useLadder.getState().error).toMatchObject({ code: 'page-file' });
  expect(names()).toEqual(['a.txt']);
});
