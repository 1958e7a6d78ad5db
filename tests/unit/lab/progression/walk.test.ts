import { expect, test } from 'vitest';
import { walk } from '../../../../src/lab/progression/walk.ts';
import { point } from './measured.ts';

const candidates = [
  point('large', 'q8', 0, { planned_bytes: 90 }),
  point('small', 'q4', 0, { planned_bytes: 10 }),
  point('small', 'f16', 0, { planned_bytes: 30 }),
];

function walking(given: Partial<Parameters<typeof walk>[0]> = {}) {
  const asked: string[] = [];
  const told: string[] = [];
  const result = walk({
    candidates,
    kept: () => null,
    async measure({ model, dtype }, place) {
      asked.push(`${place} ${model} ${dtype}`);
      return point(model, dtype, model === 'large' ? 24 : 20);
    },
    refusal: async () => null,
    onPoint: ({ model, dtype }) => void told.push(`${model} ${dtype}`),
    enough: () => false,
    ...given,
  });
  return { asked, told, result };
}

test('goes from the cheapest to the dearest and tells of each', async () => {
  const { asked, told, result } = walking();
  expect((await result).measured.map(({ dtype }) => dtype)).toEqual(['q4', 'f16', 'q8']);
  expect(asked).toEqual(['1 small q4', '2 small f16', '3 large q8']);
  expect(told).toEqual(['small q4', 'small f16', 'large q8']);
});

test('takes what was measured before as it is', async () => {
  const before = point('small', 'q4', 7);
  const { asked, told, result } = walking({ kept: ({ dtype }) => (dtype === 'q4' ? before : null) });
  expect((await result).measured[0]).toBe(before);
  expect(asked).toEqual(['2 small f16', '3 large q8']);
  expect(told).not.toContain('small q4');
});

test('ends with the first that is enough, kept or not, and counts what it left', async () => {
  const { asked, result } = walking({ enough: async (measured) => measured.at(-1)?.dtype === 'f16' });
  expect(await result).toMatchObject({ left: 1, skipped: [] });
  expect(asked).toHaveLength(2);
  const again = walking({ kept: () => point('small', 'q4', 9), enough: () => true });
  expect(await again.result).toMatchObject({ left: 2 });
  expect(again.asked).toEqual([]);
});

test('goes on behind one that is refused, and ends with any other error', async () => {
  const fails = async ({ model, dtype }: { model: string; dtype: string }) => {
    if (dtype === 'q4') throw new Error('no');
    return point(model, dtype, 20);
  };
  const { result } = walking({ measure: fails, refusal: async () => 'It does not fit.' });
  expect(await result).toMatchObject({
    skipped: [{ model: 'small', dtype: 'q4', reason: 'It does not fit.' }],
    measured: [{ dtype: 'f16' }, { dtype: 'q8' }],
  });
  await expect(walking({ measure: fails }).result).rejects.toThrow('no');
});

test('ends with the first error where all are refused', async () => {
  const { result } = walking({
    measure: async ({ dtype }) => {
      throw new Error(dtype);
    },
    refusal: async () => 'bad rows',
  });
  await expect(result).rejects.toThrow('q4');
});
