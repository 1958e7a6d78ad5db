import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../../src/data/batch.ts';
import { heldOutSplit } from '../../../../src/data/batches.ts';
import type { RunEvent } from '../../../../src/run/events.ts';
import type { Answers, EngineSize } from '../../../../src/worker/compute/answers.ts';
import type { EngineNeed } from '../../../../src/worker/compute/engine-need.ts';
import { Influences } from '../../../../src/worker/compute/influence.ts';
import { forGradients } from '../../../../src/worker/compute/session.ts';
import type { Shelf, WholeAdapter } from '../../../../src/worker/compute/shelf.ts';

/** Rows whose token says which way they pull: the gradient of a row is a unit vector at its angle. */

const ROWS = 40;
const SETTINGS = { evalFraction: 0.1, keep: null };
/** Of a row, and of an answer by its words. */
const angleOf = (place: number) => (place * Math.PI) / ROWS;
const WORDS = ['cup', 'hat', 'cat', 'dog'];

function made(change: { record?: object | null; rowKind?: string; rows?: number; adapter?: string } = {}) {
  const asked: { adapter: string; id: number; size: Partial<EngineSize> }[] = [];
  const report = { sha256: 'abc', rowKind: change.rowKind ?? 'answers', longest: 4 };
  const rows = change.rows ?? ROWS;
  const example = (place: number) => ({
    ids: Int32Array.of(0, place),
    labels: Int32Array.of(-100, place),
  });
  const dataset = {
    ...{ report, rows },
    examples: async (places: readonly number[]) => places.map(example),
    questions: async (places: readonly number[]) =>
      places.map((place) => ({
        ...{ line: place + 1, reference: `row${place}` },
        turns: [{ role: 'user', content: `about a ${WORDS[place % 4]}` }],
      })),
    preview: async (begin: number) => [{ question: `question ${begin}`, answer: `answer ${begin}` }],
  };
  const workspace = {
    dataset: () => dataset,
    trainingData: dataset as object,
    date: 'today',
    data: {
      answered: async ({ reference }: { reference: string }) => ({
        ids: [0, Number(reference.split(' ').at(-1))],
        ...{ begin: 1, end: 2 },
      }),
    },
  };
  const engine = {
    gradient: async ({ ids }: Batch) => {
      asked.at(-1)!.id = ids[1];
      return Float32Array.of(Math.cos(angleOf(ids[1])), Math.sin(angleOf(ids[1])));
    },
  };
  const answers = {
    workspace,
    using: async (use: { id: string }, size: Partial<EngineSize>, work: (on: typeof engine) => unknown) => {
      asked.push({ adapter: use.id, id: -1, size });
      return work(engine);
    },
  };
  const { heldOut } = heldOutSplit(ROWS, SETTINGS.evalFraction, 7);
  const record = {
    ...{ seed: 7, settings: SETTINGS },
    metrics: { steps: 30, eval: { best_step: 30 } },
    dataset: {
      ...{ sha256: 'abc', rows_used: ROWS, rows_held_out: heldOut.length },
      rows_trained: ROWS - heldOut.length,
    },
    ...change.record,
  };
  const shelf = {
    whole: (id: string) => ({ id, record: change.record === null ? null : record }) as WholeAdapter,
    steps: () => [0, 10, 20, 30],
  };
  const influences = new Influences(answers as unknown as Answers, shelf as unknown as Shelf);
  const events: RunEvent[] = [];
  const ask = (answer: string, adapter = 'run-1') =>
    influences.of({ adapter, prompt: 'What of a cat?', answer, raw: false, most: 3 }, (event) =>
      events.push(event),
    );
  return { influences, ask, asked, events, heldOut, workspace };
}

describe('what an answer was learned from', () => {
  it('are the trained rows that pull the same way, at some steps of the run and at its end', async () => {
    const { ask, asked, events, heldOut } = made();
    const at = [...Array(ROWS).keys()].find((place) => place > 9 && !heldOut.includes(place))!;
    const found = await ask(`it is ${at}`);
    expect(found.steps).toEqual([10, 20]);
    expect([found.compared, found.trained]).toEqual([ROWS - heldOut.length, ROWS - heldOut.length]);
    expect(found.pulling[0]).toMatchObject({ row: at, question: `question ${at}`, answer: `answer ${at}` });
    expect(found.pulling[0].cosine).toBeCloseTo(1, 5);
    expect(found.pulling[1].cosine).toBeLessThan(1);
    expect(found.nearest).toHaveLength(3);
    for (const { row } of found.nearest) expect(WORDS[row % 4]).toBe('cat');
    // No row that was held out, and each of the others once at each adapter beside the answer.
    for (const { id } of asked) if (id !== at) expect(heldOut).not.toContain(id);
    expect(asked).toHaveLength(3 * (found.compared + 1));
    expect(new Set(asked.map(({ adapter }) => adapter))).toEqual(new Set(['run-1@10', 'run-1@20', 'run-1']));
    expect(asked.every(({ size }) => size.gradients)).toBe(true);
    const total = 3 * found.compared;
    expect(events.at(-1)).toEqual({ type: 'progress', what: 'Comparing with rows', done: total, total });
  });

  it('is known for the next answer but for its own gradient', async () => {
    const { ask, asked } = made();
    await ask('it is 3');
    const before = asked.length;
    await ask('it is 5');
    expect(asked.length - before).toBe(3);
    // As it was at an earlier step: one adapter of before it, and itself.
    const found = await ask('it is 5', 'run-1@20');
    expect(found.steps).toEqual([10]);
  });

  it('is refused by name where the rows are not known to be those', async () => {
    const not = (change: Parameters<typeof made>[0]) => expect(made(change).ask('it is 3')).rejects;
    await not({ record: null }).toMatchObject({ code: 'not-its-rows' });
    await not({ rowKind: 'pairs' }).toMatchObject({ code: 'not-its-rows' });
    await not({ rows: 39 }).toMatchObject({ code: 'not-its-rows' });
    const dataset = { sha256: 'abc', rows_used: ROWS, rows_held_out: 4, rows_trained: 12 };
    await not({ record: { dataset } }).toMatchObject({ code: 'not-its-rows' });
    await not({ record: { dataset: { ...dataset, sha256: 'other' } } }).toMatchObject({
      message: expect.stringContaining('not those that this adapter was trained on'),
    });
    await expect(made().ask('  ')).rejects.toMatchObject({ code: 'no-prompt' });
    const all = { ...dataset, rows_held_out: 9, rows_trained: ROWS };
    expect((await made({ record: { dataset: all } }).ask('it is 3')).trained).toBe(ROWS);
  });

  it('ends where it is given up, where another is asked, and where other rows are opened', async () => {
    const stopped = { code: 'stopped' };
    const one = made();
    const given = one.ask('it is 3');
    one.influences.cancel();
    await expect(given).rejects.toMatchObject(stopped);
    const [first, second] = [one.ask('it is 3'), one.ask('it is 5')];
    await expect(first).rejects.toMatchObject(stopped);
    expect((await second).pulling).toHaveLength(3);
    const other = made();
    const under = other.ask('it is 3');
    other.workspace.trainingData = {};
    await expect(under).rejects.toMatchObject(stopped);
  });
});

it('an engine for gradients is the run’s own but for dropout and soft targets', () => {
  const need = {
    device: 'wasm',
    adapterSettings: { rank: 2, alpha: 4, dropout: 0, targets: ['q_proj'] },
    shape: { maxRows: 1, maxLength: 16 },
    seed: 1,
  } as unknown as EngineNeed;
  // Engines are told apart by this text.
  expect(JSON.stringify(forGradients(need))).toBe(JSON.stringify(need));
  const other = { ...need, soft: { top: 4 }, adapterSettings: { ...need.adapterSettings, dropout: 0.1 } };
  expect(JSON.stringify(forGradients(other as EngineNeed))).toBe(JSON.stringify(need));
});
