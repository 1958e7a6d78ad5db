import { expect, test } from 'vitest';
import type { RunEvent, StepEvent } from '../../../../src/run/events.ts';
import { eventsUpTo, RunJournal, readJournal } from '../../../../src/worker/storage/run-journal.ts';

/** As much of a folder in the origin's private file system as a journal needs. */
function folder() {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const directory = {
    async *keys() {
      yield* files.keys();
    },
    async getFileHandle(name: string, options?: { create?: boolean }) {
      if (options?.create && !files.has(name)) files.set(name, new Uint8Array());
      return {
        getFile: async () => new Blob([files.get(name)!]),
        createSyncAccessHandle: async () => ({
          getSize: () => files.get(name)!.length,
          write(data: Uint8Array, { at }: { at: number }) {
            const before = files.get(name)!;
            const after = new Uint8Array(Math.max(before.length, at + data.length));
            after.set(before);
            after.set(data, at);
            files.set(name, after);
            return data.length;
          },
          flush() {},
          close() {},
        }),
      };
    },
  } as unknown as FileSystemDirectoryHandle;
  return { files, directory };
}

const step = (at: number, loss = 1 / at, figures = {}) =>
  ({ type: 'step', step: at, loss, gradNorm: 1, figures }) as RunEvent;
const said = (at: number, text: string, done = true): RunEvent => ({
  type: 'sample',
  step: at,
  prompt: 'Hello?',
  text,
  done,
});

test('what was shown comes back, over several visits, up to the checkpoint', async () => {
  const { directory, files } = folder();
  const first = new RunJournal();
  for (const event of [said(0, 'H', false), said(0, 'Hi'), step(1), step(2, Number.NaN)]) first.hear(event);
  await first.write(directory);
  for (const event of [step(3), step(4), said(4, 'Arr')]) first.hear(event);
  await first.write(directory);
  // The tab was closed; the next visit goes on from step 3, and steps come again.
  const second = new RunJournal();
  second.hear({ type: 'state', state: 'training', detail: '' });
  for (const event of [step(4, 0.5), step(5)]) second.hear(event);
  await second.write(directory);
  expect([...files.keys()]).toEqual(['events-0001.jsonl', 'events-0002.jsonl']);
  expect(await readJournal(directory, 4)).toEqual([
    said(0, 'Hi'),
    step(1),
    step(2, Number.NaN),
    step(3),
    step(4),
    said(4, 'Arr'),
    step(4, 0.5),
  ]);
});

test('what came behind the checkpoint is left out, warnings with it, and so is a line that was cut', async () => {
  const { directory, files } = folder();
  const journal = new RunJournal();
  const warning = (text: string): RunEvent => ({ type: 'warning', text });
  for (const event of [step(1), warning('early'), step(2), step(3), warning('late')]) journal.hear(event);
  await journal.write(directory);
  const [[name, bytes]] = files;
  const cut = new Uint8Array([...bytes, ...new TextEncoder().encode('{"type":"step","st')]);
  files.set(name, cut);
  expect(await readJournal(directory, 2)).toEqual([step(1), warning('early'), step(2)]);
});

test('an objective’s figures come back with their names, and those that were not numbers too', async () => {
  const { directory } = folder();
  const journal = new RunJournal();
  const named: RunEvent = {
    type: 'figures',
    figures: [{ key: 'margin', label: 'Margin', better: 'higher' }],
  };
  const steps = [step(1, 1, { margin: 0.25 }), step(2, 1, { margin: Number.NaN })];
  for (const event of [named, ...steps]) journal.hear(event);
  await journal.write(directory);
  expect(await readJournal(directory, 2)).toEqual([named, ...steps]);
});

test('a journal of a version without figures is read', () => {
  const { figures: _, ...old } = step(1) as StepEvent;
  expect(eventsUpTo([JSON.stringify(old)], 1)).toEqual([step(1)]);
});
