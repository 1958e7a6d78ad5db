import { expect, test } from 'vitest';
import { type Climbing, climb, type KeptRung, type Training } from '../../../../src/lab/ladder/climb.ts';
import { RUNG_NAMES, type RungName } from '../../../../src/lab/ladder/rungs.ts';
import { rung } from './measured.ts';

const TRAINING: Training = { train_seconds: 3, memory_bytes: 5e6, elsewhere_before: 2, elsewhere_after: 2.5 };
const EVERYTHING = { instruction: true, rows: true, documents: true, adapter: true };

/** A climb that writes down what it does, and is killed before one rung where that is said. */
function climbing(given: Partial<Climbing> & { store?: Map<RungName, KeptRung>; killedAt?: RungName } = {}) {
  const { store = new Map(), killedAt } = given;
  const done: string[] = [];
  const result = climb({
    rungs: RUNG_NAMES,
    has: EVERYTHING,
    kept: (name) => store.get(name) ?? null,
    async measure(name) {
      if (name === killedAt) throw new Error('killed');
      done.push(name);
      return rung(name, 3);
    },
    async train() {
      done.push('train');
      return TRAINING;
    },
    onRung: (one) => void store.set(one.name, one),
    ...given,
  });
  return { result, done, store };
}

test('rungs are measured from the cheapest, with one training before the first that needs it', async () => {
  const { result, done } = climbing({ rungs: [...RUNG_NAMES].reverse() });
  const { measured, skipped } = await result;
  expect(done).toEqual([
    ...['base', 'prompt', 'examples', 'retrieval', 'documents'],
    ...['train', 'tuned', 'tuned+retrieval'],
  ]);
  expect(skipped).toEqual([]);
  expect(measured.map((one) => one.train_seconds)).toEqual([
    ...[undefined, undefined, undefined, undefined, undefined],
    ...[3, 3],
  ]);
});

test('taken apart, a rung brings its own training, and lacks kinds where there are none', async () => {
  const store = new Map<RungName, KeptRung>();
  const own = { ...TRAINING, train_seconds: 7 };
  const given = {
    ...{ rungs: ['apart', 'base'] as const, store },
    measure: async (name: RungName) => (name === 'apart' ? { ...rung(name, 4), ...own } : rung(name, 3)),
  };
  const { measured } = await climbing({ ...given, has: { ...EVERYTHING, kinds: true } }).result;
  expect(measured.map(({ name, train_seconds }) => [name, train_seconds])).toEqual([
    ['base', undefined],
    ['apart', 7],
  ]);
  const { skipped } = await climbing({ ...given, store: new Map() }).result;
  expect(skipped).toEqual([{ name: 'apart', reason: expect.stringContaining('too few') }]);
});

test('a rung that lacks something is named with what it lacks', async () => {
  const { result, done } = climbing({ has: { ...EVERYTHING, instruction: false, documents: false } });
  const { skipped } = await result;
  expect(done).not.toContain('prompt');
  expect(skipped).toEqual([
    { name: 'prompt', reason: expect.stringContaining('no instruction was given') },
    { name: 'documents', reason: 'no documents were given' },
  ]);
});

test('after a kill, what was measured is not measured again', async () => {
  const first = climbing({ killedAt: 'tuned+retrieval' });
  await expect(first.result).rejects.toThrow('killed');
  const second = climbing({ store: first.store });
  const { measured } = await second.result;
  // Whoever trains finds the adapter of before.
  expect(second.done).toEqual(['train', 'tuned+retrieval']);
  expect(measured.map(({ name }) => name)).toEqual(RUNG_NAMES);
  const third = climbing({ store: second.store });
  expect((await third.result).measured).toEqual(measured);
  expect(third.done).toEqual([]);
});
