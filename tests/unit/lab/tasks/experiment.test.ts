import { describe, expect, test } from 'vitest';
import {
  type Experimenting,
  type Made,
  type Measured,
  runExperiment,
} from '../../../../src/lab/tasks/experiment.ts';
import { isReserved, type Job, jobsOf, jobWords, madeOf } from '../../../../src/lab/tasks/jobs.ts';
import { meanCosines } from '../../../../src/lab/tasks/mean-cosines.ts';

const everything = {
  tasks: ['a', 'b', 'c'],
  strategies: ['together', 'sequence', 'reverse', 'merge'],
  ways: ['sum', 'ties'],
  reduce: true,
} as const;

describe('what strategies are made of', () => {
  const jobs = jobsOf(everything);
  const job = (name: string) => jobs.find((one) => one.name === name)!;

  test('each adapter once, after those that it is made of', () => {
    expect(jobs.map(({ name }) => name)).toEqual([
      ...['together', 'a', 'a,b', 'a,b,c', 'c', 'c,b', 'c,b,a', 'b', 'merge-sum', 'merge-ties'],
      ...['together+reduced', 'a,b,c+reduced', 'c,b,a+reduced', 'merge-sum+reduced', 'merge-ties+reduced'],
    ]);
    expect(job('together')).toMatchObject({ kind: 'train', on: ['a', 'b', 'c'], from: null });
    expect(job('a,b')).toMatchObject({ kind: 'train', on: ['b'], from: 'a' });
    expect(job('c,b,a')).toMatchObject({ kind: 'train', on: ['a'], from: 'c,b' });
    expect(job('merge-ties')).toMatchObject({ kind: 'merge', way: 'ties', of: ['a', 'b', 'c'] });
    const before = new Set<string>();
    for (const { name } of jobs) {
      const parts = madeOf(name, jobs).map((part) => part.name);
      expect(parts.at(-1)).toBe(name);
      for (const part of parts.slice(0, -1)) expect(before.has(part), `${part} before ${name}`).toBe(true);
      before.add(name);
    }
    expect(madeOf('a,b,c', jobs).map(({ name }) => name)).toEqual(['a', 'a,b', 'a,b,c']);
  });

  test('only what the strategies ask for', () => {
    const names = (strategies: (typeof everything)['strategies'][number][]) =>
      jobsOf({ ...everything, strategies, reduce: false }).map(({ name }) => name);
    expect(names(['together'])).toEqual(['together']);
    expect(names(['sequence'])).toEqual(['a', 'a,b', 'a,b,c']);
    expect(names(['merge'])).toEqual(['a', 'b', 'c', 'merge-sum', 'merge-ties']);
  });

  test('in words', () => {
    expect(
      ['together', 'a', 'a,b,c', 'merge-sum', 'a,b,c+reduced'].map((name) => jobWords(job(name))),
    ).toEqual([
      ...['a, b and c together', 'a alone', 'a, then b, then c'],
      ...['the adapters of a, b and c, merged by sum', 'a, then b, then c, its intruder dimensions reduced'],
    ]);
  });

  test('a task is not called as a job', () => {
    expect(['together', 'base', 'merge-sum', 'a'].map(isReserved)).toEqual([true, true, true, false]);
  });
});

describe('an experiment', () => {
  const measured = (elsewhere: number): Measured => ({ tasks: [], elsewhere });
  const made: Made = { seconds: 1, memory_bytes: null, steps: 2 };

  /** One that writes down what it does, and is killed in the middle of something where that is said. */
  function experimenting(kept = { made: new Map(), measured: new Map(), base: false }, killedAt?: string) {
    const said: string[] = [];
    const key = (seed: number, { name }: Job) => `${seed} ${name}`;
    const step = (what: string) => {
      if (what === killedAt) throw new Error('killed');
      said.push(what);
    };
    const given: Experimenting = {
      seeds: [0, 1],
      jobs: jobsOf({ ...everything, tasks: ['a', 'b'], strategies: ['sequence'], reduce: false }),
      kept: {
        base: () => (kept.base ? measured(0) : null),
        made: (seed, job) => kept.made.get(key(seed, job)) ?? null,
        measured: (seed, job) => kept.measured.get(key(seed, job)) ?? null,
      },
      async make(seed, job) {
        step(`make ${key(seed, job)}`);
        kept.made.set(key(seed, job), made);
        return made;
      },
      async take(seed, job) {
        step(`take ${key(seed, job)}`);
      },
      async measure(of) {
        step(`measure ${of ? key(of.seed, of.job) : 'base'}`);
        if (of) kept.measured.set(key(of.seed, of.job), measured(of.seed));
        else kept.base = true;
        return measured(of?.seed ?? 0);
      },
      onJob() {},
    };
    return { given, said, kept };
  }

  test('makes and measures each adapter of each seed, the base once', async () => {
    const { given, said } = experimenting();
    const { seeds } = await runExperiment(given);
    expect(said).toEqual([
      'measure base',
      ...['make 0 a', 'measure 0 a', 'make 0 a,b', 'measure 0 a,b'],
      ...['make 1 a', 'measure 1 a', 'make 1 a,b', 'measure 1 a,b'],
    ]);
    expect(seeds.map(({ seed, jobs }) => [seed, [...jobs.keys()]])).toEqual([
      [0, ['a', 'a,b']],
      [1, ['a', 'a,b']],
    ]);
  });

  test.each(['make 0 a,b', 'measure 0 a,b', 'measure 1 a'])(
    'killed at “%s” does nothing again that it had done, and comes to the same',
    async (killedAt) => {
      const first = experimenting(undefined, killedAt);
      await expect(runExperiment(first.given)).rejects.toThrow('killed');
      const second = experimenting(first.kept);
      const experiment = await runExperiment(second.given);
      const again = first.said.filter((what) => second.said.includes(what));
      expect(again).toEqual([]);
      // An adapter that was made and not yet measured is taken from where it lies.
      expect(second.said.filter((what) => what.startsWith('take'))).toEqual(
        killedAt.startsWith('measure') ? [killedAt.replace('measure', 'take')] : [],
      );
      expect(experiment).toEqual(await runExperiment(experimenting().given));
    },
  );
});

test('cosines over seeds are means of those that are known', () => {
  const site = { module: 'm', layer: 0, target: 'q_proj' };
  expect(
    meanCosines([[{ ...site, cosines: [0.2, null, null] }], [{ ...site, cosines: [0.4, 0.5, null] }]]),
  ).toEqual([{ ...site, cosines: [expect.closeTo(0.3, 12), 0.5, null] }]);
});
