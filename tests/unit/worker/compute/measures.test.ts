import { afterEach, expect, test, vi } from 'vitest';
import type { Batch } from '../../../../src/data/batch.ts';
import type { EngineSize } from '../../../../src/worker/compute/answers.ts';
import { Measures } from '../../../../src/worker/compute/measures.ts';
import { withRoom } from '../../../../src/worker/compute/session.ts';

afterEach(() => vi.unstubAllGlobals());

/** Measures over a session whose open data have rows of up to `longest` tokens. */
function measures(longest: number, kind: 'bundled' | 'folder') {
  const asked: { maxLength: number; url: string; sizes: Partial<EngineSize>[] } = {
    ...{ maxLength: 0, url: '', sizes: [] },
  };
  vi.stubGlobal('fetch', async (url: string) => {
    asked.url = url;
    return new Response('{}');
  });
  const ids = Int32Array.from({ length: 60 }, (_, i) => i);
  const example = { ids, labels: ids, line: 1 };
  const workspace = {
    root: '/',
    model: {},
    modelChoice: { kind },
    dataset: () => ({ report: { longest } }),
    data: {
      async openDataset(_: File, options: { maxLength: number }) {
        asked.maxLength = options.maxLength;
        return { rows: 2, examples: async () => [example], close: () => {} };
      },
    },
  };
  const engine = {
    evaluate: async (batch: { tokens: number }) => ({ lossSum: 2, tokens: batch.tokens ?? 1 }),
  };
  const answers = {
    using: (
      _: unknown,
      size: Partial<EngineSize>,
      work: (one: typeof engine, strength: number) => unknown,
    ) => {
      asked.sizes.push(size);
      return work(engine, 0);
    },
  };
  const made = new Measures(
    workspace as unknown as ConstructorParameters<typeof Measures>[0],
    answers as unknown as ConstructorParameters<typeof Measures>[1],
  );
  return { made, asked };
}

test.each([8, 300])(
  'the general rows are the same whatever the data hold: rows of %i tokens',
  async (longest) => {
    const { made, asked } = measures(longest, 'folder');
    expect((await made.generalLoss(null, 0, 10)).rows).toBe(2);
    expect(asked).toEqual({
      maxLength: 64,
      url: '/general/general.jsonl',
      sizes: [{ atOnce: 64 }, { atOnce: 64 }],
    });
  },
);

test('the bundled model is measured on text that it knows', async () => {
  const { made, asked } = measures(8, 'bundled');
  await made.generalLoss(null, 0, 10);
  expect(asked.url).toBe('/general/small-world.jsonl');
});

test('each trained token of a row has its loss, of a pair those of both answers; a row that is gone has none', async () => {
  const row = (length: number) => ({
    ids: Int32Array.from({ length }, (_, i) => i),
    labels: Int32Array.from({ length }, (_, i) => (i === 1 ? -100 : i)),
  });
  const rows = [{ ...row(5) }, { ...row(3), rejected: row(40) }, undefined];
  const dataset = {
    report: { longest: 40 },
    examples: async ([place]: number[]) => (rows[place] ? [rows[place]] : []),
  };
  const sizes: Partial<EngineSize>[] = [];
  const engine = {
    // −log p of a token is its id over eight.
    logProbabilities: async ({ ids }: Batch) => ({ each: Float32Array.from(ids, (id) => -id / 8) }),
  };
  const made = new Measures(
    { dataset: () => dataset } as unknown as ConstructorParameters<typeof Measures>[0],
    {
      using: (
        _: unknown,
        size: Partial<EngineSize>,
        work: (on: typeof engine, strength: number) => unknown,
      ) => {
        sizes.push(size);
        return work(engine, 1);
      },
    } as unknown as ConstructorParameters<typeof Measures>[1],
  );
  const [plain, pair, gone] = await made.rowLosses([0, 1, 2], null);
  // Nothing predicts the first token, and the second is not trained.
  expect(plain).toEqual({ row: 0, losses: Float32Array.of(Number.NaN, Number.NaN, 0.25, 0.375, 0.5) });
  expect(pair.losses).toHaveLength(3);
  expect(pair.rejected).toHaveLength(40);
  expect(gone).toEqual({ row: 2, losses: null });
  // Room for each, whatever a run was on.
  expect(sizes.map(({ atOnce }) => atOnce)).toEqual([16, 48, 16]);
});

test('an engine whose run needs less is made larger, and one that needs more stays', () => {
  const need = (maxRows: number, maxLength: number) =>
    ({ shape: { maxRows, maxLength } }) as Parameters<typeof withRoom>[0];
  expect(withRoom(need(1, 16), 64)?.shape).toEqual({ maxRows: 4, maxLength: 16 });
  expect(withRoom(need(1, 48), 64)?.shape).toEqual({ maxRows: 2, maxLength: 48 });
  const enough = need(4, 16);
  expect(withRoom(enough, 64)).toBe(enough);
  expect(withRoom(null, 64)).toBeNull();
});
