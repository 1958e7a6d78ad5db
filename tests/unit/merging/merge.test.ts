import { describe, expect, test } from 'vitest';
import { changeAt } from '../../../src/merging/change.ts';
import { wayOf } from '../../../src/merging/list.ts';
import { mergeAdapters } from '../../../src/merging/merge.ts';
import { apart, type Case, mergeFixture, productAt } from './fixture.ts';

const fixtures = { llama: await mergeFixture('llama'), gpt2: await mergeFixture('gpt2') };

function merged(name: keyof typeof fixtures, one: Case, rank = one.rank) {
  const { config, stored, seed, sources } = fixtures[name];
  const way = wayOf(one.way);
  const options = {
    way,
    ...(way.takes.rank && rank !== null && { rank }),
    ...(one.density !== null && { density: one.density }),
    ...(way.takes.seed && { seed }),
  };
  return mergeAdapters({ sources: sources(one), config, stored, options });
}

describe.each(['llama', 'gpt2'] as const)('%s', (name) => {
  const { adapters, cases, config, stored, expected } = fixtures[name];
  const numbered = cases.map((one, i) => ({ ...one, i }));
  const modulesOf = (i: number) =>
    [...expected.keys()].flatMap((key) => {
      const [, path] = new RegExp(`^${i}/(.*)$`).exec(key) ?? [];
      return path && !/lora_[AB]$/.test(path) ? [path] : [];
    });

  test('what each adapter adds to a weight is what PEFT’s merge adds', async () => {
    for (const [which, weights] of adapters) {
      expect(weights.modules.length, which).toBeGreaterThan(0);
      for (const site of weights.modules) {
        const change = await changeAt({ name: which, weights, weight: 1 }, 0, site, stored);
        expect(apart(change!.whole(), expected.get(`${which}/${site.path}`)!), which).toBeLessThan(1e-6);
      }
    }
  });

  test.each(numbered.filter(({ errors }) => errors))(
    '$way of $sources is the definition in float64, and its error the true one',
    async ({ i, ...one }) => {
      const whole = Math.max(config.hidden, config.intermediate);
      const [exact, cut] = [await merged(name, one, whole), await merged(name, one)];
      expect(exact.errors.map(({ module }) => module).sort()).toEqual(modulesOf(i).sort());
      for (const site of exact.weights.modules)
        expect(apart(productAt(exact.weights, site), expected.get(`${i}/${site.path}`)!)).toBeLessThan(1e-6);
      for (const { relative } of exact.errors) expect(relative).toBeLessThan(1e-6);
      for (const { module, relative } of cut.errors) {
        expect(Math.abs(relative! - one.errors![module])).toBeLessThan(1e-6);
        const site = cut.weights.modules.find(({ path }) => path === module)!;
        const distance = apart(productAt(cut.weights, site), expected.get(`${i}/${module}`)!);
        expect(Math.abs(relative! - distance)).toBeLessThan(1e-7);
      }
    },
  );

  test.each(numbered.filter(({ errors }) => !errors))(
    '$way of $sources is what PEFT makes',
    async ({ i, ...one }) => {
      const { weights } = await merged(name, one);
      expect(weights.modules.map(({ path }) => path).sort()).toEqual(modulesOf(i).sort());
      for (const site of weights.modules) {
        expect(apart(productAt(weights, site), expected.get(`${i}/${site.path}`)!)).toBeLessThan(1e-6);
        for (const part of ['lora_A', 'lora_B']) {
          const matrix = expected.get(`${i}/${site.path}.${part}`);
          if (matrix) expect(apart(weights.values.get(`${site.path}.${part}`)!, matrix)).toBeLessThan(1e-6);
        }
      }
    },
  );
});

test('cat is the sum exactly, whatever ranks and scales its sources have', async () => {
  const one = { sources: ['a', 'b', 'stable'], weights: [1, -0.5, 2], density: null, rank: null };
  const [cat, sum] = [
    await merged('llama', { ...one, way: 'cat' }),
    await merged('llama', { ...one, way: 'sum', rank: 11 }),
  ];
  expect(cat.rank).toBe(3 + 3 + 5);
  for (const { relative } of cat.errors) expect(relative).toBeLessThan(1e-6);
  for (const site of cat.weights.modules)
    expect(apart(productAt(cat.weights, site), productAt(sum.weights, site))).toBeLessThan(1e-6);
});

test('TIES does not divide by weights that cancel out but for rounding', async () => {
  const { config, stored, adapters } = fixtures.llama;
  const own = adapters.get('a')!;
  const values = [...own.values].map(([key, held]): [string, Float32Array] => [
    key,
    key.endsWith('lora_B') ? held.map((value) => -value) : held,
  ]);
  const opposite = { ...own, values: new Map(values) };
  // All three agree on every sign, and 0.1 + 0.2 − 0.3 is 5.6e-17 here.
  const sources = [
    { name: 'a', weights: own, weight: 0.1 },
    { name: 'again', weights: own, weight: 0.2 },
    { name: 'opposite', weights: opposite, weight: -0.3 },
  ];
  const whole = Math.max(config.hidden, config.intermediate);
  const options = { way: wayOf('ties'), density: 1, rank: whole };
  const { weights } = await mergeAdapters({ sources, config, stored, options });
  for (const site of weights.modules) {
    const delta = (await changeAt(sources[0], 0, site, stored))!.whole();
    const sum = delta.map((value) => 0.6 * value);
    expect(apart(productAt(weights, site), sum), site.path).toBeLessThan(1e-6);
  }
});
