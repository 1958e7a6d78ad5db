import { expect, test } from 'vitest';
import type { Source } from '../../../src/merging/change.ts';
import { WAYS, wayOf } from '../../../src/merging/list.ts';
import { mergeAdapters } from '../../../src/merging/merge.ts';
import type { MergeOptions } from '../../../src/merging/options.ts';
import { factorsOf } from '../../../src/methods/ia3/factors.ts';
import { initialAdapter, sitesOf } from '../../../src/methods/parameters.ts';
import type { AdapterSettings, Ia3Settings } from '../../../src/methods/types.ts';
import { randomModel } from '../export/random-model.ts';

const { config } = randomModel();

const LORA = { rank: 2, alpha: 4, dropout: 0, targets: ['q_proj'] };

function source(name: string, settings: AdapterSettings = LORA, on = config, weight = 1): Source {
  return { name, weights: initialAdapter(sitesOf(on, settings), settings, 1), weight };
}

function merging(way: string, sources: Source[], options: Omit<MergeOptions, 'way'> = {}, on = config) {
  const stored = async ({ in: width, out }: { in: number; out: number }) =>
    new Float32Array(width * out).fill(1);
  return mergeAdapters({ sources, config: on, stored, options: { way: wayOf(way), ...options } });
}

const pair = [source('one'), source('two')];

test.each<[what: string, () => Promise<unknown>, code: string, says: RegExp]>([
  ['an unknown way', async () => merging('mean', pair), 'bad-merge', /“mean”.*sum, cat, ties/],
  [
    'one adapter alone',
    () => merging('ties', [pair[0]], { density: 0.5 }),
    'bad-merge',
    /at least 2.*1 was given/,
  ],
  ['three to slerp', () => merging('slerp', [...pair, pair[0]]), 'bad-merge', /exactly 2.*3 were given/],
  ['no density', () => merging('dare', pair), 'bad-merge', /dare keeps a share.*density, such as 0\.5/],
  [
    'a density of 0',
    () => merging('ties', pair, { density: 0 }),
    'bad-merge',
    /above 0 and at most 1, not 0/,
  ],
  ['a density of 2', () => merging('ties', pair, { density: 2 }), 'bad-merge', /not 2/],
  [
    'a density where nothing is pruned',
    () => merging('sum', pair, { density: 1 }),
    'bad-merge',
    /sum has no density/,
  ],
  [
    'a seed where nothing is drawn',
    () => merging('ties', pair, { density: 1, seed: 3 }),
    'bad-merge',
    /ties has no seed/,
  ],
  ['a rank of cat', () => merging('cat', pair, { rank: 4 }), 'bad-merge', /cat has no rank.*take sum/],
  [
    'a rank of A and B apart',
    () => merging('peft-ties', pair, { density: 1, rank: 2 }),
    'bad-merge',
    /peft-ties has no rank.*svd/,
  ],
  ['half a rank', () => merging('sum', pair, { rank: 2.5 }), 'bad-merge', /from 1 to 1024, not 2\.5/],
  [
    'a weight that is none',
    () => merging('sum', [source('one', LORA, config, Number.NaN)]),
    'bad-merge',
    /weight of one/,
  ],
  [
    'slerp backwards',
    () => merging('slerp', [pair[0], source('two', LORA, config, -1)]),
    'bad-merge',
    /negative/,
  ],
  [
    'slerp to nowhere',
    () => merging('slerp', [source('one', LORA, config, 0), source('two', LORA, config, 0)]),
    'bad-merge',
    /two weights of 0/,
  ],
  [
    'virtual tokens',
    () => merging('sum', [...pair, source('p', { method: 'prompt', virtualTokens: 2 })]),
    'unmergeable',
    /^p is a .*changes no weight/,
  ],
  [
    'keys and values',
    () => merging('sum', [source('p', { method: 'prefix', virtualTokens: 2 })]),
    'unmergeable',
    /changes no weight/,
  ],
  [
    'what makes up for rounding',
    () => merging('sum', [source('l', { ...LORA, start: 'loftq' })]),
    'unmergeable',
    /l began with LoftQ/,
  ],
  [
    'DoRA in matrices',
    () => merging('cat', [pair[0], source('d', { ...LORA, method: 'dora' })]),
    'unmergeable',
    /d was made with dora.*Take sum/,
  ],
  [
    'two ranks entry by entry',
    () => merging('peft-linear', [pair[0], source('wide', { ...LORA, rank: 3 })]),
    'unmergeable',
    /one has the rank 2 at .*q_proj where wide has 3/,
  ],
])('%s is refused in a sentence', async (_what, merge, code, says) => {
  await expect(merge()).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
  await expect(merge()).rejects.toMatchObject({ message: expect.stringContaining('Nothing was written.') });
});

test('a bias that (IA)³ scales is refused, as is not one that it leaves as it is', async () => {
  const { config: biased } = randomModel({ model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'] });
  const settings: Ia3Settings = { method: 'ia3', targets: ['k_proj'], feedForward: [] };
  const scaling = source('i', settings, biased);
  await merging('sum', [scaling], {}, biased);
  factorsOf({ ...scaling.weights, settings }, scaling.weights.modules[0])[0] = 2;
  await expect(merging('sum', [scaling], {}, biased)).rejects.toMatchObject({
    code: 'unmergeable',
    message: expect.stringMatching(/i also scales the bias of .*k_proj/),
  });
});

test('each way says what it does, how, and where it comes from', () => {
  expect(new Set(WAYS.map(({ id }) => id)).size).toBe(WAYS.length);
  for (const { id, about, formula, source, faults = [] } of WAYS) {
    expect(about, id).toMatch(/^[A-Z].*\.$/);
    expect(formula, id).not.toBe('');
    expect(source, id).not.toBe('');
    for (const fault of faults) expect(fault, id).toMatch(/\.$/);
  }
});

test('the rank that nobody chose is the largest of the sources, with what a start froze', async () => {
  const wide = source('wide', { ...LORA, rank: 5 });
  expect((await merging('sum', [pair[0], wide])).rank).toBe(5);
  const { modules, values } = initialAdapter(sitesOf(config, LORA), { ...LORA, rank: 6 }, 1);
  const moved = {
    name: 'm',
    weight: 1,
    weights: { settings: { ...LORA, rank: 3, start: 'pissa' as const }, modules, values },
  };
  expect((await merging('sum', [pair[0], moved])).rank).toBe(6);
  const ia3 = source('i', { method: 'ia3', targets: ['q_proj'], feedForward: [] });
  expect((await merging('sum', [ia3])).rank).toBe(8);
});

test('nothing plus nothing is nothing, without an error; a change taken from itself likewise', async () => {
  const zero = await merging('sum', pair);
  for (const { relative } of zero.errors) expect(relative).toBe(0);
  const [a] = [source('a')];
  for (const [key, value] of a.weights.values)
    a.weights.values.set(
      key,
      value.map((_, i) => Math.sin(i)),
    );
  const gone = await merging('sum', [a, { ...a, weight: -1 }]);
  for (const value of gone.weights.values.get(`${gone.errors[0].module}.lora_B`)!)
    expect(Math.abs(value)).toBeLessThan(1e-9);
});
