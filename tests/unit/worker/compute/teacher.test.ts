import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Prompted } from '../../../../src/data/types.ts';
import { differences } from '../../../../src/run/checkpoint.ts';
import type { RunEvent } from '../../../../src/run/events.ts';
import type { RunSettings } from '../../../../src/run/settings/list.ts';
import type { TokenizerFiles } from '../../../../src/weights/source.ts';
import type { RunSummary } from '../../../../src/worker/api/api.ts';
import type { EngineNeed } from '../../../../src/worker/compute/engine-need.ts';
import type { ProcessorHost } from '../../../../src/worker/compute/processor-host.ts';
import type { Runs } from '../../../../src/worker/compute/runs.ts';
import { TINY_FILES } from '../../data/text/tiny-tokenizer.ts';
import { type Script, ToyEngine } from '../../run/toy-engine.ts';
import { statesOf, toyRequest, toySession } from './toy-workspace.ts';

/** A run that learns from a teacher: what the teacher reads, and when. */

const open = vi.hoisted(() => vi.fn<ProcessorHost['engine']>());
vi.mock('../../../../src/worker/compute/processor-host.ts', () => ({
  ProcessorHost: class {
    engine = open;
    plan = async () => ({ total: 0 });
    dispose() {}
  },
}));

let needs: EngineNeed[] = [];
let engines: ToyEngine[] = [];

function script(one: Script): void {
  open.mockImplementation(async (need) => {
    needs.push(need);
    const engine = new ToyEngine(one);
    engines.push(engine);
    return { engine, warnings: [] };
  });
}

beforeEach(() => {
  [needs, engines] = [[], []];
  script({});
});

const BAKE = { objective: 'bake', teacherPrompt: 'Be brief.', checkpointEvery: null } as const;

/** A row of two tokens with three of a prompt before it; of row 2 there is none. */
function prompted(index: number): Prompted {
  if (index === 2) return { index, line: 3, reason: 'It is refused.' };
  const ids = Int32Array.of(7, 7, 7, 1, 2);
  return { index, line: index + 1, ids, labels: Int32Array.of(-100, -100, -100, -100, 2), added: 3 };
}

async function run(
  settings: Partial<RunSettings> = {},
  act: (runs: Runs, event: RunEvent) => void = () => {},
  change: (session: ReturnType<typeof toySession>) => void = () => {},
) {
  const session = toySession();
  const { workspace, runs } = session;
  const { info } = workspace.model;
  Object.assign(workspace.dataset('train'), {
    prompted: async (rows: readonly number[]) => rows.map(prompted),
  });
  info.hasTemplate = true;
  change(session);
  const events: RunEvent[] = [];
  const result = await runs
    .train(toyRequest({ ...BAKE, ...settings }), (event) => {
      events.push(event);
      act(runs, event);
    })
    .catch((error: Error) => error);
  return { events, result: result as RunSummary };
}

test('the teacher reads every row once with an engine of its own, before the first step', async () => {
  const asked: string[] = [];
  script({ before: (what) => void asked.push(what) });
  const { events, result } = await run({ evalFraction: 0.25 });
  expect(statesOf(events)).toEqual([
    'loading',
    'teaching',
    'evaluating',
    'training',
    'evaluating',
    'finished',
  ]);
  expect(asked.filter((what) => what === 'likeliest')).toHaveLength(7);
  expect(asked.indexOf('step')).toBeGreaterThan(asked.lastIndexOf('likeliest'));
  // One row at a time, as long as the longest with its prompt; then the student's.
  expect(needs[0]).toMatchObject({ shape: { maxRows: 1, maxLength: 16 }, checkpointing: true });
  expect(needs[1].shape.maxRows).toBe(2);
  expect(engines[0].disposed).toBe(true);
  expect(engines[0].steps).toEqual([]);
  // Each micro-batch brings along what the teacher gave.
  for (const { batches } of engines[1].asked)
    for (const { rows, soft } of batches) expect(soft!.ids).toHaveLength(rows * soft!.top);
  expect(result.teacher).toMatchObject({ held_out: true, kl_before: 2, kl_after: 1, tokens_saved: 3 });
  // K is the vocabulary where that has fewer tokens.
  expect(result.teacher!.bytes).toBe(7 * (8 * 8 + 4));
});

test('T1: rows that cannot be had with the prompt are left out, counted and named', async () => {
  const { result } = await run();
  expect(result.rows).toMatchObject({ read: 8, used: 7, bad_count: 1 });
  expect(result.rows.bad).toContainEqual({ line: 3, reason: 'It is refused.' });
  expect(result.warnings).toContain(
    '1 of 8 rows cannot be had with the prompt before them and were left out; the first, in line 3: It is refused.',
  );
  expect(result.teacher).toMatchObject({ rows: 7, held_out: false });
});

describe('while the teacher reads', () => {
  test('a pause holds it, and it goes on where it was', async () => {
    let read = 0;
    script({ before: (what) => void (what === 'likeliest' && read++) });
    let paused = 0;
    const { events, result } = await run({}, (runs, event) => {
      if (event.type === 'progress' && event.what === 'The teacher reads the rows' && event.done === 3)
        runs.pause();
      if (event.type !== 'state' || event.state !== 'paused') return;
      paused = read;
      setTimeout(() => runs.resume(), 20);
    });
    expect(statesOf(events).slice(0, 5)).toEqual(['loading', 'teaching', 'paused', 'teaching', 'training']);
    expect([paused, read]).toEqual([3, 7]);
    expect(result.steps).toBe(10);
  });

  test.each(['stop', 'interrupt'] as const)('%s ends the run before its first step', async (how) => {
    const { events, result } = await run({}, (runs, event) => {
      if (event.type === 'progress' && event.what === 'The teacher reads the rows' && event.done === 3)
        runs[how]();
    });
    expect(result).toMatchObject({ steps: 0, stopped: true, interrupted: how === 'interrupt' });
    expect(result.teacher).toBeUndefined();
    expect(statesOf(events).at(-1)).toBe('finished');
  });
});

describe('T1: what has no teacher is refused before anything is loaded', () => {
  test.each([
    ['without a prompt', { teacherPrompt: null }, true, 'The objective bake has no prompt to bake in.'],
    [
      'without the chat template',
      { raw: true },
      true,
      'without the chat template (--raw) there are no turns',
    ],
    ['of a model that has none', {}, false, 'this model, which has no chat template, there are no turns'],
  ])('%s', async (_, settings, hasTemplate, sentence) => {
    const { result } = await run(settings, undefined, ({ workspace }) => {
      workspace.model.info.hasTemplate = hasTemplate;
    });
    expect(result).toBeInstanceOf(Error);
    expect((result as unknown as Error).message).toContain(sentence);
    expect(needs).toEqual([]);
  });

  test('where no row can be had with it', async () => {
    const { result } = await run({}, undefined, ({ workspace }) => {
      Object.assign(workspace.dataset('train'), {
        prompted: async (rows: readonly number[]) =>
          rows.map((index) => ({ index, line: 1, reason: 'Never.' })),
      });
    });
    expect((result as unknown as Error).message).toMatch(/^None of the rows can be had .* Never\./);
  });

  test('where its engine does not fit', async () => {
    const { result } = await run({}, undefined, ({ host }) => {
      const nothing = { base: 0, adapter: 0, optimizer: 0, activation: 0, other: 0 };
      host.plan = async ({ shape }) => ({ ...nothing, total: shape.maxRows === 1 ? 5e9 : 0 });
    });
    expect((result as unknown as Error).message).toMatch(/^The teacher needs 5000 MB of memory/);
    expect(needs).toEqual([]);
  });
});

describe('a second model as teacher', () => {
  const DISTIL = { objective: 'distil', teacherPrompt: null } as const;
  const other = (name: string, tokenizer: TokenizerFiles = TINY_FILES) => ({
    source: { ...{ kind: 'bundled', id: './base', name, revision: null }, tokenizer },
    config: { ...new ToyEngine().config, vocab: 6 },
    adapter: null,
  });
  const taughtBy = (teacher: unknown) => (session: ReturnType<typeof toySession>) => {
    session.workspace.model.source.tokenizer = TINY_FILES;
    Object.assign(session.workspace, { teacher });
  };

  test('reads the rows as they are, and is gone before the student is there', async () => {
    const { events, result } = await run({ ...DISTIL, distilTop: 4 }, undefined, taughtBy(other('Large')));
    expect(statesOf(events).slice(0, 3)).toEqual(['loading', 'teaching', 'training']);
    expect(engines).toHaveLength(2);
    expect(engines[0].disposed).toBe(true);
    expect(needs[0]).toMatchObject({ shape: { maxRows: 1, maxLength: 16 }, adapterSettings: { rank: 1 } });
    // Every row, none of which needs a prompt.
    expect(result.rows).toMatchObject({ used: 8, bad_count: 0 });
    expect(result.teacher).toMatchObject({ name: 'Large', tokens_saved: null, kl_before: 2, kl_after: 1 });
    expect(result.metrics).toBeNull();
    expect(result.teacher!.bytes).toBe(8 * (4 * 8 + 4));
  });

  test('tells of no token that the other head has not', async () => {
    const { result } = await run(DISTIL, undefined, taughtBy(other('Large')));
    expect(result.teacher!.bytes).toBe(8 * (6 * 8 + 4));
  });

  test('is part of what a run is: another is another run', async () => {
    const of = async (teacher: unknown) => {
      const session = toySession();
      taughtBy(teacher)(session);
      return session.runs.identity(toyRequest({ ...BAKE, ...DISTIL }));
    };
    const [one, same] = [await of(other('a')), await of(other('b'))];
    expect(differences(one, same)).toEqual([]);
    const another = other('a');
    another.source.id = 'someone/else';
    expect(differences(one, await of(another))).toEqual(['the teacher (--teacher)']);
  });

  test('T1: that is not there, or has other tokens, is refused before anything is loaded', async () => {
    const none = await run(DISTIL, undefined, taughtBy(null));
    expect((none.result as unknown as Error).message).toMatch(/^The objective distil has no teacher/);
    const files = structuredClone(TINY_FILES);
    files.tokenizerJson.normalizer = { type: 'Lowercase' };
    const { result } = await run(DISTIL, undefined, taughtBy(other('Large', files)));
    expect(result).toMatchObject({ code: 'other-tokenizer' });
    expect((result as unknown as Error).message).toMatch(
      /^The teacher Large has another tokenizer than .*: it cuts “.*” differently\. .*train on its answers \(--objective sft\)\.$/s,
    );
    expect(needs).toEqual([]);
  });

  test('T1: that has no embedding of a row’s token leaves the row out', async () => {
    const small = other('Small');
    small.config.vocab = 2;
    const { result } = await run(DISTIL, undefined, taughtBy(small));
    expect((result as unknown as Error).message).toContain('The teacher has no token 2 in its embedding.');
  });
});
