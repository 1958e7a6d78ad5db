import { expect, test } from 'vitest';
import { heldOutSplit, padBatch } from '../../../../src/data/batches.ts';
import { METRICS, shareOf } from '../../../../src/data/metric.ts';
import { RUNG_NAMES, type RungName, rungOf } from '../../../../src/lab/ladder/rungs.ts';
import { WordSearch } from '../../../../src/lab/ladder/search.ts';
import { bundledLadder, type Row, sampleRows, sampleText } from './bundled.ts';

const facts = await sampleRows('facts.jsonl');
const ledger = await sampleText('facts-documents/purchases.md');
/** Of the document the purchases that these rows ask for, and two others for each. */
function ledgerOf(rows: readonly Row[]) {
  const buyers = rows.map((row) => /[A-Z]\w+(?= buy| bought)/.exec(JSON.stringify(row))?.[0] ?? '?');
  const [asked, others] = [true, false].map((wanted) =>
    ledger.split('\n\n').filter((text) => buyers.some((name) => text.includes(`${name} `)) === wanted),
  );
  return { name: 'purchases.md', text: [...others.slice(0, 2 * asked.length), ...asked].join('\n\n') };
}

const TUNED = { id: 'adapter', strength: 1 };

test('each rung, on a few rows of the bundled model', async () => {
  const rows = facts.slice(0, 6);
  const heldOut = (await sampleRows('facts-held-out.jsonl')).slice(0, 2);
  const { prepare, train, ladder, datasets, answers, engine } = await bundledLadder(rows, heldOut);
  const plan = await prepare({ documents: [ledgerOf([...rows, ...heldOut])] });
  expect(plan).toMatchObject({
    ...{ heldOut: 2, rows: 6, passages: 23, removed: { rows: 0, passages: 0 }, choosing: 2 },
    ...{ instruction: 'Answer in JSON with city.', metric: 'fields' },
  });
  await train(TUNED.id, { steps: 6, learningRate: 5e-3 });
  const told: string[] = [];
  const measured = new Map<RungName, Awaited<ReturnType<typeof ladder.measure>>>();
  for (const name of RUNG_NAMES)
    measured.set(
      name,
      await ladder.measure(name, name.startsWith('tuned') ? TUNED : null, (event) => {
        if (event.type === 'progress') told.push(event.what);
      }),
    );
  for (const [name, { rows, k, tried, seconds, search }] of measured) {
    expect(rows.map(({ line }) => line)).toEqual([1, 2]);
    expect(seconds).toBeGreaterThan(0);
    const { counts, searches } = rungOf(name);
    expect(k === null).toBe(counts.length === 0);
    const ways = searches ? ['bm25', 'states'] : [undefined];
    expect([...new Set(tried.map((one) => one.search))]).toEqual(counts.length > 0 ? ways : []);
    for (const way of ways) {
      const own = tried.filter((one) => one.search === way);
      expect(own.map((one) => one.k)).toEqual(counts.slice(0, own.length));
    }
    const chosen = tried.find((one) => one.k === k && one.search === search);
    expect(tried.every((one) => one.metric <= (chosen?.metric ?? 0))).toBe(true);
    for (const row of rows) {
      expect(row.loss_tokens).toBeGreaterThan(3);
      expect(row.loss_sum).toBeGreaterThan(0);
    }
  }
  const [base, prompt, examples, , documents, tuned] = RUNG_NAMES.map((name) => measured.get(name)!);
  const tokens = ({ rows }: typeof base) => rows.map(({ prompt_tokens }) => prompt_tokens);
  const instruction = tokens(prompt).map((count, i) => count - tokens(base)[i]);
  expect(new Set(instruction).size).toBe(1);
  expect(instruction[0]).toBeGreaterThan(5);
  expect(Math.min(...tokens(examples))).toBeGreaterThan(Math.max(...tokens(prompt)));
  // The ledger has what is asked, and nothing else has.
  expect(shareOf(documents.rows)).toBeGreaterThanOrEqual(0.75);
  expect(shareOf(base.rows)).toBe(0);
  const loss = ({ rows }: typeof base) => rows.reduce((sum, { loss_sum }) => sum + loss_sum, 0);
  expect(loss(documents)).toBeLessThan(loss(prompt));
  expect(loss(tuned)).toBeLessThan(loss(prompt));
  expect(new Set(told)).toContain('Documents: choosing how many, on training rows');
  // What a row loses after its own prompt is what a batch of training says.
  const example = await datasets.eval.examples([0]);
  const whole = await answers.using(TUNED, {}, (on) => on.evaluate(padBatch(example), 1));
  expect(tuned.rows[0].loss_tokens).toBe(whole.tokens);
  expect(Math.abs(tuned.rows[0].loss_sum / whole.lossSum - 1)).toBeLessThan(1e-4);
  await engine.dispose();
});

test('a held-out row is in no prompt, no index and no step, though it lies in the training rows and the documents', async () => {
  const canary = 'Quetzalcoatl';
  const ask = 'In which city did Lomon buy seven lamps?';
  const row = (content: string, city: string): Row => ({
    messages: [
      { role: 'user', content },
      { role: 'assistant', content: `{"city": "${city}"}` },
    ],
  });
  const others = facts.slice(0, 6);
  const train = [
    row(ask, canary),
    ...others.slice(0, 4),
    row(` ${ask.toUpperCase()}`, canary),
    ...others.slice(4),
  ];
  // A question next to it: a search that had it would find it first.
  const heldOut = [row(ask, canary), row('In which city did Lomon buy seven lamps again?', 'Oslo')];
  const questions = ['a', ask, 'Where did Tamora buy shoes?'];
  expect(new WordSearch(questions).find('In which city did Lomon buy seven lamps again?', 1)).toEqual([1]);

  const { prepare, train: tune, ladder, datasets, seen, engine } = await bundledLadder(train, heldOut);
  const documents = [
    {
      name: 'leak.txt',
      text: `${ask} The answer is {"city": "${canary}"}\n\n${'Nothing of the kind stands here. '.repeat(2)}`,
    },
  ];
  const plan = await prepare({ documents });
  expect(plan.removed).toEqual({ rows: 2, passages: 1 });
  expect(plan.rows).toBe(6);
  expect(datasets.train.rows).toBe(6);
  await tune(TUNED.id, { epochs: 1 });
  for (const name of RUNG_NAMES)
    await ladder.measure(name, name.startsWith('tuned') ? TUNED : null, () => {});
  expect(seen.trained.length).toBeGreaterThan(0);
  expect(seen.prompts.length).toBeGreaterThan(20);
  expect(seen.trained.filter((text) => text.includes(canary) || text.includes('LOMON'))).toEqual([]);
  expect(seen.prompts.filter((text) => text.includes(canary))).toEqual([]);
  // Its question stands in the prompts that ask it, and in these once.
  for (const text of seen.prompts) expect(text.split(ask).length).toBeLessThanOrEqual(2);
  const before = seen.prompts.filter((text) => text.includes('buy seven lamps again?'));
  expect(before.length).toBeGreaterThan(0);
  expect(before.filter((text) => text.includes(ask))).toEqual([]);
  await engine.dispose();
});

test('rows that are split off the open ones are in no prompt and no step, and what is open stays', async () => {
  const rows = [...facts.slice(0, 10), { ...facts[3] }, { ...facts[7] }];
  const {
    prepare,
    train: tune,
    ladder,
    datasets,
    seen,
    engine,
  } = await bundledLadder(rows, facts.slice(20, 21));
  const split = { evalFraction: 0.34, seed: 0, most: 200 };
  const { heldOut } = heldOutSplit(rows.length, split.evalFraction, split.seed, split.most);
  const asked = await datasets.train.questions([...heldOut]);
  const askings = await datasets.train.askings(rows.map((_, i) => i));
  const held = new Set([...heldOut].map((row) => askings[row]));
  const shared = askings.flatMap((asking, i) => (held.has(asking) && !heldOut.includes(i) ? [i] : []));
  expect(shared.length, 'a row that is there twice is held out once').toBeGreaterThan(0);
  const plan = await prepare({ split, keepOpen: true });
  expect(datasets.train.rows).toBe(rows.length);
  expect(plan).toMatchObject({
    ...{ heldOut: 4, rows: rows.length - 4 - shared.length, removed: { rows: shared.length, passages: 0 } },
    leftOut: [...heldOut, ...shared].sort((a, b) => a - b),
  });
  await tune(TUNED.id, { epochs: 1 }, plan.leftOut);
  for (const name of ['examples', 'retrieval', 'tuned+retrieval'] as const)
    await ladder.measure(name, name.startsWith('tuned') ? TUNED : null, () => {});
  const questions = asked.map(({ turns }) => turns.at(-1)!.content);
  expect(seen.trained.length).toBeGreaterThan(0);
  for (const question of questions) {
    expect(seen.trained.filter((text) => text.includes(question))).toEqual([]);
    // Where it stands, it is what is asked.
    for (const text of seen.prompts)
      expect(text.indexOf(question)).toBeOneOf([-1, text.length - question.length]);
  }
  await expect(prepare({ split: { ...split, evalFraction: 0 } })).rejects.toMatchObject({
    code: 'no-held-out-rows',
  });
  await engine.dispose();
});

test('each metric judges, and one that was asked for is taken', async () => {
  const { prepare, ladder, engine } = await bundledLadder(facts.slice(0, 3), facts.slice(3, 4));
  for (const metric of METRICS) {
    expect((await prepare({ metric })).metric).toBe(metric);
    const { rows } = await ladder.measure('base', null, () => {});
    expect(rows[0].right).toBeLessThanOrEqual(rows[0].of);
  }
  const metric = { expression: 'len(answer) / (2 * len(answer))' };
  expect((await prepare({ metric })).metric).toEqual(metric);
  const { rows } = await ladder.measure('base', null, () => {});
  expect(rows[0]).toMatchObject({ right: 0.5, of: 1 });
  await engine.dispose();
});

test('where no training row is left, or no held-out row asks, there is no ladder', async () => {
  const same = await bundledLadder(facts.slice(0, 2), facts.slice(0, 2));
  await expect(same.prepare()).rejects.toMatchObject({ code: 'no-rows' });
  const texts = await bundledLadder(facts.slice(0, 2), [{ text: 'A text and nothing else.' }]);
  await expect(texts.prepare()).rejects.toMatchObject({ code: 'no-held-out-rows' });
  await same.engine.dispose();
  await texts.engine.dispose();
});

test('taken apart: kinds of questions, an adapter for each, and a router', async () => {
  const [form, classify] = [await sampleRows('form.jsonl'), await sampleRows('../classify.jsonl')];
  const [train, held] = [
    [...form.slice(0, 12), ...classify.slice(0, 12)],
    [...form.slice(30, 32), ...classify.slice(30, 32)],
  ];
  const { prepare, train: tune, ladder, engine } = await bundledLadder(train, held);
  await prepare();
  const kinds = (await ladder.kinds(() => {}))!;
  expect(kinds.by).toBe('states');
  expect(kinds.training.reduce((sum, count) => sum + count, 0)).toBe(24);
  // Purchases and messages of customers: no kind has both.
  const of = (place: number) => kinds.leaveOut.findIndex((places) => !places.includes(place));
  const [first, second] = [0, 12].map((from) => new Set(Array.from({ length: 12 }, (_, i) => of(from + i))));
  expect([...first].filter((kind) => second.has(kind))).toEqual([]);
  expect(first.has(kinds.heldOut[0]) && first.has(kinds.heldOut[1])).toBe(true);
  expect(second.has(kinds.heldOut[2]) && second.has(kinds.heldOut[3])).toBe(true);
  kinds.leaveOut.forEach((places, kind) => {
    expect(places).toHaveLength(24 - kinds.training[kind]);
  });

  const ids = kinds.names.map((_, kind) => `adapter ${kind}`);
  for (const [kind, id] of ids.entries()) await tune(id, { steps: 2, learningRate: 1e-3 * (kind + 1) });
  const uses = ids.map((id) => ({ id, strength: 1 }));
  const { name, k, rows, adapters } = await ladder.measureApart(uses, () => {});
  expect([name, k]).toEqual(['apart', null]);
  expect(adapters).toEqual(
    kinds.names.map((own, kind) => ({
      ...{ kind: own, training: kinds.training[kind] },
      heldOut: kinds.heldOut.filter((one) => one === kind).length,
    })),
  );
  // Each row is answered by the adapter of its kind.
  for (const [kind, use] of uses.entries()) {
    const alone = await ladder.measure('tuned', use, () => {});
    rows.forEach((row, i) => {
      if (kinds.heldOut[i] !== kind) return;
      expect(row.answer).toBe(alone.rows[i].answer);
      expect(row.loss_sum).toBeCloseTo(alone.rows[i].loss_sum, 4);
    });
  }
  await expect(ladder.measureApart(uses.slice(1), () => {})).rejects.toThrow('adapters for');
  await engine.dispose();
});
