import { expect, test } from 'vitest';
import { changeAt } from '../../../src/merging/change.ts';
import { changeCosines } from '../../../src/merging/cosine.ts';
import { mergeFixture } from './fixture.ts';

const { adapters, config, stored } = await mergeFixture('llama');
const source = (name: string) => ({ name, weights: adapters.get(name)!, weight: 1 });

test('cosines of changes of any rank, scale and method are those of their entries as one vector', async () => {
  const sources = ['a', 'b', 'dora'].map(source);
  const found = await changeCosines({ sources, config, stored });
  expect(found.map(({ target }) => target).sort()).toEqual(['down_proj', 'q_proj', 'v_proj']);
  for (const { module, layer, cosines } of found) {
    expect(layer).toBe(0);
    const changes = await Promise.all(
      sources.map(async (one, i) => {
        const site = one.weights.modules.find(({ path }) => path === module);
        return site ? (await changeAt(one, i, site, stored))!.whole() : null;
      }),
    );
    const pairs = [
      [0, 1],
      [0, 2],
      [1, 2],
    ];
    expect(cosines).toHaveLength(3);
    for (const [n, [i, j]] of pairs.entries()) {
      const [x, y] = [changes[i], changes[j]];
      if (!x || !y) expect(cosines[n]).toBeNull();
      else {
        const inner = (p: Float64Array, q: Float64Array) =>
          p.reduce((sum, value, k) => sum + value * q[k], 0);
        expect(cosines[n]).toBeCloseTo(inner(x, y) / Math.sqrt(inner(x, x) * inner(y, y)), 10);
      }
    }
  }
});

test('an adapter beside itself is 1, beside what undoes it −1', async () => {
  const a = source('a');
  const values = new Map(
    [...a.weights.values].map(([key, value]) => [key, key.endsWith('lora_B') ? value.map((x) => -x) : value]),
  );
  const undone = { ...a, weights: { ...a.weights, values } };
  const found = await changeCosines({ sources: [a, a, undone], config, stored });
  for (const { cosines } of found) {
    expect(cosines[0]).toBeCloseTo(1, 10);
    expect(cosines[1]).toBeCloseTo(-1, 10);
  }
});
