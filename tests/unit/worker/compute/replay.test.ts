import { expect, test } from 'vitest';
import { mixReplay } from '../../../../src/worker/compute/replay.ts';
import { bundledTasks, fileOf } from '../../lab/tasks/bundled.ts';

const row = (ask: string, answer: string) => ({
  messages: [
    { role: 'user', content: ask },
    { role: 'assistant', content: answer },
  ],
});
const own = Array.from({ length: 18 }, (_, i) => row(`How many are ${i}?`, `They are ${i}.`));

async function opened() {
  const { workspace, measures, general } = await bundledTasks();
  const options = { maxLength: 128, raw: false };
  const open = (rows: object[], role: 'train' | 'eval') =>
    workspace.openData({ kind: 'file', file: fileOf(rows as never) }, options, role, () => {});
  const askings = async () => {
    const { rows } = workspace.dataset('train');
    return workspace.dataset('train').askings([...Array(rows).keys()]);
  };
  const mix = (replay: 'general' | File, share: number, seed = 0) =>
    mixReplay(workspace, measures, { replay, share, seed }, () => {});
  const generalAskings = await general.askings([...Array(general.rows).keys()]);
  return { open, askings, mix, general, generalAskings };
}

test('rows to replay come behind the others, as the share of all that was asked for', async () => {
  const { open, askings, mix, generalAskings } = await opened();
  await open(own, 'train');
  const report = await mix('general', 0.1);
  // 2 of 20 are a tenth.
  expect(report).toMatchObject({ used: 20, warnings: ['2 of 20 rows are replayed from general.jsonl.'] });
  const all = await askings();
  expect(all.slice(0, 18)).toEqual(own.map((_, i) => `how many are ${i}?`));
  const half = generalAskings.slice(0, Math.ceil(generalAskings.length / 2));
  for (const asking of all.slice(18)) expect(half).toContain(asking);
  const again = await opened();
  await again.open(own, 'train');
  await again.mix('general', 0.1);
  expect(await again.askings()).toEqual(all);
  await open(own, 'train');
  await mix('general', 0.5, 1);
  expect((await askings()).length).toBe(36);
});

test('a row that asks what a held-out row asks is not replayed, and of few rows each comes as often', async () => {
  const { open, askings, mix } = await opened();
  await open(own, 'train');
  await open([row('HOW old are you?', 'Old.')], 'eval');
  const file = fileOf(
    [row('How old are   you?', 'I am ten.'), row('Who?', 'Me.'), row('Where?', 'Here.')] as never,
    'my.jsonl',
  );
  const report = await mix(file, 0.25);
  expect(report.warnings.at(-1)).toBe(
    '6 of 24 rows are replayed from my.jsonl, without 1 that ask what a row asks that only measures.',
  );
  const replayed = (await askings()).slice(18);
  expect(replayed.sort()).toEqual([...Array(3).fill('where?'), ...Array(3).fill('who?')]);
});

test('rows of another kind are refused and not left out', async () => {
  const { open, mix } = await opened();
  await open(own, 'train');
  const pairs = [{ prompt: 'Who?', chosen: 'I.', rejected: 'He.' }];
  await expect(mix(fileOf(pairs as never), 0.1)).rejects.toThrow(/Nothing was changed/);
  await open([row('Where?', 'There.')], 'train');
  await expect(mix(fileOf([row('Who?', 'I.')] as never), 0.5)).resolves.toMatchObject({ used: 2 });
});
