import { expect, test } from 'vitest';
import { droppedFiles } from '../../../../src/app/shell/dropped.ts';

/** What a browser says of a drop: items, each with an entry of a file system. */

const unreadable = (_: unknown, fail: (error: Error) => void) => fail(new Error('Path does not exist'));
const entryOf = (file: File) => ({
  isFile: true,
  isDirectory: false,
  name: file.name,
  file: (give: (file: File) => void) => give(file),
});

function folder(name: string, entries: unknown[]) {
  return {
    isFile: false,
    isDirectory: true,
    name,
    createReader() {
      const rest = [...entries];
      // One at a time, as a reader may.
      return { readEntries: (give: (entries: unknown[]) => void) => give(rest.splice(0, 1)) };
    },
  };
}

const dropOf = (items: { entry: unknown; file: File | null }[]) =>
  ({
    items: items.map(({ entry, file }) => ({
      kind: 'file',
      webkitGetAsEntry: () => entry,
      getAsFile: () => file,
    })),
  }) as unknown as DataTransfer;

const rows = new File(['{}'], 'rows.jsonl');

test('a file is taken where its entry gives none, and where there is no entry', async () => {
  const entry = { ...entryOf(rows), file: unreadable };
  expect(await droppedFiles(dropOf([{ entry, file: rows }]))).toEqual([{ path: 'rows.jsonl', file: rows }]);
  expect(await droppedFiles(dropOf([{ entry: null, file: rows }]))).toEqual([
    { path: 'rows.jsonl', file: rows },
  ]);
});

test('a folder is walked to its end, whatever stands beside it', async () => {
  const config = new File(['{}'], 'config.json');
  const weights = new File(['…'], 'model.safetensors');
  const model = folder('model', [entryOf(config), folder('parts', [entryOf(weights)])]);
  const found = await droppedFiles(
    dropOf([
      { entry: model, file: null },
      { entry: entryOf(rows), file: rows },
    ]),
  );
  expect(found.map(({ path }) => path)).toEqual([
    'model/config.json',
    'model/parts/model.safetensors',
    'rows.jsonl',
  ]);
});

test('a folder that cannot be read is an error', async () => {
  const broken = { ...folder('model', []), createReader: () => ({ readEntries: unreadable }) };
  await expect(droppedFiles(dropOf([{ entry: broken, file: null }]))).rejects.toThrow('does not exist');
});
