import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunEvent } from '../../../../src/run/events.ts';
import type { TrainRequest } from '../../../../src/worker/api/api.ts';
import type { ProcessorHost } from '../../../../src/worker/compute/processor-host.ts';
import type { Runs } from '../../../../src/worker/compute/runs.ts';
import { type Script, ToyEngine } from '../../run/toy-engine.ts';
import { statesOf, toyRequest, toySession } from './toy-workspace.ts';

/** In the place of the processor's engine. */
const open = vi.hoisted(() => vi.fn<ProcessorHost['engine']>());
vi.mock('../../../../src/worker/compute/processor-host.ts', () => ({
  ProcessorHost: class {
    engine = open;
    plan = async () => ({ total: 0 });
    dispose() {}
  },
}));

/** Every engine that the host has made, the newest last. */
let engines: ToyEngine[] = [];

/** Scripts of the engines to come; the last one is used again. */
function script(...scripts: Script[]): void {
  open.mockImplementation(async (_need, listener) => {
    listener({ type: 'progress', what: 'Loading the model', done: 1, total: 1 });
    const engine = new ToyEngine(scripts[Math.min(engines.length, scripts.length - 1)]);
    engines.push(engine);
    return { engine, warnings: [] };
  });
}

beforeEach(() => {
  engines = [];
  script({});
});

type Asked = Parameters<NonNullable<Script['before']>>[0];
let session = toySession();

/** The device is lost when it is asked this for the n-th time, and never answers it. */
function lostAt(what: Asked, n: number): Script {
  let asked = 0;
  return {
    before: (now) => {
      if (now !== what || ++asked !== n) return;
      session.host.lose('test');
      return new Promise(() => {});
    },
  };
}

async function run(request = toyRequest(), act: (runs: Runs, event: RunEvent) => void = () => {}) {
  session = toySession();
  const { runs } = session;
  const events: RunEvent[] = [];
  const result = await runs
    .train(request, (event) => {
      events.push(event);
      act(runs, event);
    })
    .catch((error: Error) => error);
  return { events, result };
}

describe('the states of a run', () => {
  test('undisturbed', async () => {
    const { events, result } = await run(toyRequest({ checkpointEvery: 4, evalFraction: 0.5, evalEvery: 8 }));
    expect(result).toMatchObject({ steps: 10, stopped: false });
    expect(statesOf(events)).toEqual([
      'loading',
      'evaluating',
      'training',
      'saving',
      'training',
      'evaluating',
      'training',
      'saving',
      'training',
      'evaluating',
      'finished',
    ]);
  });

  test('paused, gone on with, stopped', async () => {
    const { events, result } = await run(toyRequest({ checkpointEvery: null }), (runs, event) => {
      if (event.type === 'step' && event.step === 3) runs.pause();
      if (event.type === 'step' && event.step === 7) runs.stop();
      if (event.type === 'state' && event.state === 'paused') setTimeout(() => runs.resume());
    });
    expect(result).toMatchObject({ stopped: true });
    const states = statesOf(events);
    expect(states.filter((state) => state !== 'saving')).toContain('paused');
    // A pause is saved, whenever the next checkpoint is due.
    expect(states.slice(0, states.indexOf('paused'))).toContain('saving');
    expect(events.at(-1)).toEqual({ type: 'state', state: 'finished', detail: 'Stopped' });
  });

  test('interrupted: saved, then at its end', async () => {
    const { events, result } = await run(toyRequest({ checkpointEvery: null }), (runs, event) => {
      if (event.type === 'step' && event.step === 3) runs.interrupt();
    });
    expect(result).toMatchObject({ interrupted: true });
    expect(statesOf(events)).toEqual(['loading', 'training', 'saving', 'finished']);
  });

  test('failed, with the reason', async () => {
    script({ loss: () => Number.NaN });
    const { events, result } = await run();
    expect(result).toMatchObject({ code: 'not-a-number' });
    expect(events.at(-1)).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('not a number for 3 steps in a row'),
    });
  });

  test('a second run while one goes is refused, and the first goes on', async () => {
    let second: Promise<unknown> | null = null;
    const { result } = await run(toyRequest(), (runs, event) => {
      if (event.type === 'step') second ??= runs.train(toyRequest(), () => {}).catch((error: Error) => error);
    });
    expect(result).toMatchObject({ steps: 10 });
    expect(await second).toMatchObject({ code: 'busy' });
  });
});

describe('the prompts of a run', () => {
  const asking = (settings = {}): TrainRequest => ({
    ...toyRequest({ steps: 4, ...settings }),
    prompts: ['one', 'two'],
    sampleEvery: 2,
  });
  const answers = (events: readonly RunEvent[]) =>
    events.flatMap((event) =>
      event.type === 'sample' && event.done ? [`${event.step} ${event.prompt}: ${event.text}`] : [],
    );

  test('a pause breaks an answer off, and it begins anew', async () => {
    const undisturbed = await run(asking());
    let paused = false;
    const heard: RunEvent[] = [];
    const { events } = await run(asking(), (runs, event) => {
      if (event.type === 'sample' && event.step === 2 && event.prompt === 'one' && !event.done && !paused) {
        paused = true;
        runs.pause();
      }
      if (event.type === 'state' && event.state === 'paused') {
        expect(answers(heard).filter((answer) => answer.startsWith('2 '))).toEqual([]);
        setTimeout(() => runs.resume());
      }
      heard.push(event);
    });
    expect(paused).toBe(true);
    expect(statesOf(events)).toContain('paused');
    expect(answers(events)).toEqual(answers(undisturbed.events));
  });

  test('a stop breaks it off; the end is answered whole', async () => {
    let stopped = false;
    const { events, result } = await run(asking({ steps: 10 }), (runs, event) => {
      if (stopped || event.type !== 'sample' || event.step !== 2) return;
      stopped = true;
      runs.stop();
    });
    expect(result).toMatchObject({ steps: 2, stopped: true });
    const end = answers(events).filter((answer) => answer.startsWith('2 '));
    expect(end.at(-2)).toMatch(/^2 one: \d+( \d+){3}$/);
    expect(end.at(-1)).toMatch(/^2 two: \d+( \d+){3}$/);
  });

  test('a run that goes on and does not know what the base said asks it again', async () => {
    const saved: Uint8Array[] = [];
    session = toySession();
    await session.runs.train(
      asking(),
      () => {},
      async (_, file) => void saved.push(file),
    );
    const events: RunEvent[] = [];
    session = toySession();
    const resume = { name: 'step 2', bytes: saved[0] };
    await session.runs.train({ ...asking(), resume }, (event) => events.push(event));
    expect(answers(events).map((answer) => answer.slice(0, 5))).toEqual([
      '0 one',
      '2 one',
      '0 two',
      '2 two',
      '4 one',
      '4 two',
    ]);
  });
});

describe('G3: a device that is lost', () => {
  test.each([
    ['forward', lostAt('step', 7), 6],
    ['held-out loss', lostAt('evaluate', 4), 4],
    ['checkpoint', lostAt('getOptimizer', 3), 4],
    ['last reading', lostAt('getAdapter', 5 + 3), 8],
  ] as const)('in its %s: back at the last checkpoint, with the same result', async (_, lost, step) => {
    const request = toyRequest({ evalFraction: 0.5, evalEvery: 5, keep: 'last' });
    const undisturbed = await run(request);
    const { updates } = engines[0];
    engines = [];
    script(lost, {});
    const { events, result } = await run(request);
    expect(result).toMatchObject({ steps: 10, loss_last: 0.1 });
    expect(undisturbed.result).toMatchObject({ steps: 10, loss_last: 0.1 });
    expect(engines).toHaveLength(2);
    expect(engines[1].updates).toBe(updates);
    expect(engines[1].steps[0]).toBe(step + 1);
    const states = statesOf(events);
    expect(states.slice(states.indexOf('lost'), states.indexOf('lost') + 2)).toEqual(['lost', 'recovering']);
    expect(states.at(-1)).toBe('finished');
  });

  test('twice at one place: the person is asked', async () => {
    script(lostAt('step', 4), lostAt('step', 1));
    const { events, result } = await run();
    expect(result).toMatchObject({
      code: 'device-lost',
      message: expect.stringContaining('saved at step 2'),
    });
    expect(statesOf(events).slice(-3)).toEqual(['training', 'lost', 'failed']);
  });

  test('again after progress: it goes on by itself', async () => {
    script(lostAt('step', 4), lostAt('step', 4), {});
    const { result } = await run();
    expect(result).toMatchObject({ steps: 10 });
    expect(engines).toHaveLength(3);
  });

  test('while the run is paused: it is paused behind the recovery too', async () => {
    let paused = 0;
    script(lostAt('step', 4), {});
    const { events, result } = await run(toyRequest(), (runs, event) => {
      if (event.type === 'state' && event.state === 'lost') runs.pause();
      if (event.type === 'state' && event.state === 'paused') {
        paused++;
        setTimeout(() => runs.resume());
      }
    });
    expect(result).toMatchObject({ steps: 10 });
    expect(paused).toBe(1);
    const states = statesOf(events);
    expect(states.indexOf('paused')).toBeGreaterThan(states.indexOf('recovering'));
  });
});

describe('an answer under way', () => {
  test('ends before a run takes its engine away', async () => {
    const { answers, host, runs } = toySession();
    let begun = () => {};
    const begins = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const answer = answers.generate(
      { prompt: 'x', raw: true, maxTokens: 60, temperature: 0, topP: 1, seed: 0, adapter: null },
      (text) => {
        if (text !== '') begun();
      },
    );
    await begins;
    const before = host.engine;
    const summary = await runs.train(toyRequest(), () => {});
    expect(summary.steps).toBe(10);
    expect(host.engine).not.toBe(before);
    expect((before as ToyEngine).disposed).toBe(true);
    // It was given up, not cut off by an error.
    const { output_ids } = await answer;
    expect(output_ids.length).toBeGreaterThan(0);
    expect(output_ids.length).toBeLessThan(60);
  });
});

test('D2: a file of which every row is dropped is refused before anything is loaded', async () => {
  session = toySession(0);
  const { report } = session.workspace.dataset('train');
  const histogram = { binWidth: 4, counts: [], exact: true };
  Object.assign(report, {
    read: 3,
    used: 0,
    dropped: 3,
    badCount: 0,
    keepsAll: 40,
    positions: null,
    histogram,
  });
  const events: RunEvent[] = [];
  await expect(session.runs.train(toyRequest(), (event) => events.push(event))).rejects.toMatchObject({
    code: 'no-rows',
    message: expect.stringContaining('Of all 3 rows'),
  });
  expect(events).toEqual([]);
  expect(engines).toEqual([]);
});

test('a file of held-out rows without one that can be used is refused, and nothing is trained', async () => {
  const { runs, workspace } = toySession();
  const train = workspace.dataset('train');
  const report = {
    ...train.report,
    name: 'held.jsonl',
    read: 2,
    used: 0,
    bad: [{ line: 1, reason: 'empty' }],
  };
  workspace.dataset = (role) => (role === 'eval' ? { ...train, rows: 0, report } : train);
  await expect(runs.train({ ...toyRequest(), evalData: true }, () => {})).rejects.toMatchObject({
    code: 'no-held-out-rows',
    message: expect.stringContaining('held.jsonl'),
  });
  expect(engines).toEqual([]);
});
