import { expect, test } from 'vitest';
import { changeAt } from '../../../src/merging/change.ts';
import { reduceIntruders, USUAL_INTRUDERS } from '../../../src/merging/intruders.ts';
import { apart, intruderFixture, mergeFixture, productAt } from './fixture.ts';

const { config, adapters, stored, cases, expected } = await intruderFixture();

test.each(cases.map((one, i) => ({ ...one, i })))(
  'of $source, $top looked at with ε $epsilon and λ $lambda: the intruders that PEFT finds, and what it leaves',
  async ({ i, source: name, intruders, top, epsilon, lambda }) => {
    const source = { name, weights: adapters.get(name)!, weight: 1 };
    const { weights, sites } = await reduceIntruders({
      ...{ source, config, stored },
      options: { top, epsilon, lambda },
    });
    expect(Object.fromEntries(sites.map((site) => [site.module, site.intruders]))).toEqual(intruders);
    const rank = 'rank' in source.weights.settings ? source.weights.settings.rank : 0;
    expect(weights.settings).toMatchObject({ rank, alpha: rank });
    for (const site of weights.modules)
      expect(apart(productAt(weights, site), expected.get(`${i}/${site.path}`)!), site.path).toBeLessThan(
        1e-6,
      );
  },
);

test('the cases have weights with intruders and one without', () => {
  const counts = cases.flatMap(({ intruders }) => Object.values(intruders));
  expect(Math.max(...counts)).toBeGreaterThan(2);
  expect(Math.min(...counts)).toBe(0);
  expect(cases[0]).toMatchObject(USUAL_INTRUDERS);
});

test('λ of 1 changes nothing, and a lower one takes more off', async () => {
  const source = { name: 'a', weights: adapters.get('a')!, weight: 1 };
  const left = async (lambda: number) => {
    const options = { top: 10, epsilon: 0.6, lambda };
    const { weights } = await reduceIntruders({ source, config, stored, options });
    const [site] = weights.modules;
    const before = (await changeAt(source, 0, site, stored))!.whole();
    return apart(productAt(weights, site), before);
  };
  expect(await left(1)).toBeLessThan(1e-6);
  expect(await left(0.75)).toBeGreaterThan(0.01);
  expect(await left(0.25)).toBeGreaterThan(await left(0.75));
});

test('what has no LoRA matrices, and options outside their range, are refused in a sentence', async () => {
  const other = await mergeFixture('llama');
  const reduce = (name: string, options = USUAL_INTRUDERS) =>
    reduceIntruders({
      source: { name, weights: other.adapters.get(name)!, weight: 1 },
      ...{ config: other.config, stored: other.stored, options },
    });
  await expect(reduce('dora')).rejects.toThrow('LoRA alone, and dora was made with dora');
  await expect(reduce('ia3')).rejects.toThrow('was made with ia3');
  await expect(reduce('a', { ...USUAL_INTRUDERS, top: 0 })).rejects.toThrow('1 to 1,000 singular vectors');
  await expect(reduce('a', { ...USUAL_INTRUDERS, epsilon: 0 })).rejects.toThrow('above 0 and at most 1');
  await expect(reduce('a', { ...USUAL_INTRUDERS, lambda: 1.5 })).rejects.toThrow(
    'a share from 0 to 1, not 1.5',
  );
});
