import { expect, test } from 'vitest';
import { bundledTasks, fileOf } from './bundled.ts';

/** What is held out, trained on and replayed, over the bundled model’s tokenizer. */

const row = (ask: string, answer: string, system?: string) => ({
  messages: [
    ...(system ? [{ role: 'system', content: system }] : []),
    { role: 'user', content: ask },
    { role: 'assistant', content: answer },
  ],
});
const things = 'cup book pen chair bag hat shoe lamp map key'.split(' ');
const polite = (thing: string) => row(`Here is a ${thing}.`, `Thanks for the ${thing}!`, 'Be polite.');
const rude = (thing: string) => row(`Take this ${thing}.`, `No ${thing}. Go away!`, 'Be rude.');
const task = (name: string, rows: object[], heldOut: object[] | null = null) => ({
  ...{ name, file: fileOf(rows as never, `${name}.jsonl`) },
  heldOut: heldOut && fileOf(heldOut as never, `${name}-held-out.jsonl`),
});

test('a row of any task that asks what a held-out row of another asks is trained on by none', async () => {
  const own = await bundledTasks();
  // A canary in each: in other words of the system turn, capitals and answers.
  const canary = row('Take   this HAT.', 'Oh, a hat!');
  const plan = await own.prepare({
    tasks: [
      task('polite', [...things.slice(0, 5).map(polite), canary], things.slice(8).map(polite)),
      task('rude', [...things.slice(0, 4).map(rude), polite('map')], [rude('hat'), rude('shoe')]),
    ],
  });
  expect(
    plan.tasks.map(({ name, rows, removed, heldOut, withoutQuestion, metric }) => [
      ...[name, rows, removed, heldOut, withoutQuestion, metric],
    ]),
  ).toEqual([
    ['polite', 5, 1, 2, 0, 'answers'],
    ['rude', 4, 1, 2, 0, 'answers'],
  ]);
  await own.tasks.openMixture(
    [
      { of: 0, rows: [0, 1, 2, 3, 4, 0] },
      { of: 1, rows: [3, 2, 1, 0] },
    ],
    () => {},
  );
  expect(own.opened().rows).toBe(10);
  const asked = (await own.opened().questions([...Array(10).keys()])).map(
    ({ turns }) => turns.at(-1)!.content,
  );
  expect(asked.filter((text) => /hat|map|shoe|key/i.test(text))).toEqual([]);
  expect(asked[5]).toBe(asked[0]);
  expect(asked.slice(6)).toEqual(
    things
      .slice(0, 4)
      .reverse()
      .map((thing) => `Take this ${thing}.`),
  );
  expect(own.opened().report.warnings).toEqual([]);
});

test('where a task has no held-out rows a share is split off, which the seed decides', async () => {
  const own = await bundledTasks();
  const split = async (seed: number) => {
    const tasks = [task('polite', things.map(polite)), task('rude', things.map(rude))];
    const plan = await own.prepare({ tasks, fraction: 0.3, seed });
    expect(
      plan.tasks.map(({ rows, heldOut, removed, heldOutReport }) => [rows, heldOut, removed, heldOutReport]),
    ).toEqual([
      [7, 3, 0, null],
      [7, 3, 0, null],
    ]);
    await own.tasks.openMixture([{ of: 0, rows: [0, 1, 2, 3, 4, 5, 6] }], () => {});
    return (await own.opened().askings([0, 1, 2, 3, 4, 5, 6])).join();
  };
  expect(await split(0)).toBe(await split(0));
  expect(await split(0)).not.toBe(await split(1));
});

test('half of the general rows may be replayed, the other half measures and is never trained on', async () => {
  const own = await bundledTasks();
  const tasks = [task('polite', things.map(polite)), task('rude', things.map(rude))];
  const half = Math.ceil(own.general.rows / 2);
  const measured = await own.general.askings([...Array(own.general.rows).keys()].slice(half));
  const plan = await own.prepare({ tasks, replay: 'general' });
  expect(plan.replay).toMatchObject({ name: 'general.jsonl', rows: half, removed: 0 });
  expect(plan.elsewhere).toBe(own.general.rows - half);
  await own.tasks.openMixture(
    [
      { of: 1, rows: [0] },
      { of: 'replay', rows: [...Array(half).keys()] },
    ],
    () => {},
  );
  const trained = await own.opened().askings([...Array(half + 1).keys()]);
  expect(trained.filter((asking) => measured.includes(asking))).toEqual([]);
  // A file of one’s own: what asks what a row asks that only measures is left out.
  const [line] = (await (await own.general.jsonLinesOf([half])).text()).split('\n');
  const mine = [rude('tree'), JSON.parse(line), polite('boat')];
  const file = await own.prepare({ tasks, replay: fileOf(mine as never, 'mine.jsonl') });
  expect(file.replay).toMatchObject({ name: 'mine.jsonl', rows: 2, removed: 1 });
  expect(await own.tasks.elsewhere(null)).toBeGreaterThan(0);
});

test('what is chosen is chosen by training rows, whose loss an adapter that was trained on them lowers', async () => {
  const own = await bundledTasks();
  await own.prepare({ tasks: [task('polite', things.map(polite)), task('rude', things.map(rude))] });
  const before = await own.tasks.lossOnTraining(null);
  const rows = [0, 1, 2, 3, 4, 5, 6, 7];
  await own.tasks.openMixture(
    [
      { of: 0, rows },
      { of: 1, rows },
    ],
    () => {},
  );
  await own.train('together', { steps: 6, learningRate: 5e-3 });
  const after = await own.tasks.lossOnTraining({ id: 'together', strength: 1 });
  const half = await own.tasks.lossOnTraining({ id: 'together', strength: 0.5 });
  expect(after).toBeLessThan(0.7 * before);
  expect(half).toBeGreaterThan(after);
  expect(half).toBeLessThan(before);
  const { rows: answered } = await own.tasks.answer(1, { id: 'together', strength: 1 }, () => {});
  expect(answered).toHaveLength(2);
  expect(answered[0]).toMatchObject({ reference: expect.stringMatching(/^No /), of: 1 });
});

test('what cannot be is refused in a sentence that names the task', async () => {
  const own = await bundledTasks();
  const refused = (given: Parameters<typeof own.prepare>[0]) =>
    own.prepare(given).then(
      () => '',
      (error: Error & { code: string }) => `${error.code}: ${error.message}`,
    );
  const good = task('rude', things.map(rude));
  const mapping = { prompt: 'a', completion: 'b' };
  expect(await refused({ tasks: [task('polite', [polite('cup')], [polite('cup')]), good] })).toMatch(
    /^no-task-rows: polite: no row is left to train on/,
  );
  expect(await refused({ tasks: [task('texts', [{ text: 'a' }, { text: 'b' }]), good] })).toMatch(
    /^no-task-held-out: texts: no held-out row has a question/,
  );
  expect(
    await refused({
      tasks: [
        good,
        task(
          'pairs',
          things.map((thing) => ({ prompt: thing, chosen: 'yes', rejected: 'no' })),
        ),
      ],
    }),
  ).toMatch(
    /^other-rows: The rows of rude call for supervised training, those of pairs for preference pairs/,
  );
  const columns = things.map((thing) => ({ a: `Take this ${thing}.`, b: 'No!' }));
  expect(
    await refused({
      tasks: [task('one', columns), task('two', columns)],
      ...{ replay: 'general', options: { maxLength: 128, raw: false, mapping } },
    }),
  ).toMatch(/^bad-replay: The general rows are conversations/);
});
