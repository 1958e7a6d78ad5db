import { expect, test, vi } from 'vitest';
import type { EngineNeed } from '../../../../src/worker/compute/engine-need.ts';
import type { ProcessorHost } from '../../../../src/worker/compute/processor-host.ts';
import { Session } from '../../../../src/worker/compute/session.ts';
import type { Workspace } from '../../../../src/worker/compute/workspace.ts';
import { randomAdapter, randomModel } from '../../export/random-model.ts';
import { LORA, ToyEngine } from '../../run/toy-engine.ts';
import { toySession } from './toy-workspace.ts';

/** In the place of the processor's engine. */
const open = vi.hoisted(() => vi.fn<ProcessorHost['engine']>());
vi.mock('../../../../src/worker/compute/processor-host.ts', () => ({
  ProcessorHost: class {
    engine = open;
    plan = async () => ({ total: 0 });
    dispose() {}
  },
}));
vi.mock('../../../../src/loading/quantisation.ts', async (original) => ({
  ...(await original<object>()),
  quantisationReport: async () => ({ matrices: [] }),
}));

/** The needs of the engines that were made, in order. */
const needs: EngineNeed[] = [];
open.mockImplementation(async (need) => {
  needs.push(need);
  return { engine: new ToyEngine(), warnings: [] };
});

/** A session over toy engines, and the need of a run on them. */
async function overToys() {
  const toy = toySession();
  const session = new Session('/');
  const { model, need } = toy.workspace as Workspace;
  const own = session.workspace as unknown as Record<string, unknown>;
  for (const [key, value] of Object.entries({
    model,
    trainingData: toy.workspace.trainingData,
    adapterSettings: () => LORA,
    need: async (...args: Parameters<Workspace['need']>) => ({
      ...(await need(...args)),
      dtype: args[0].baseDtype,
    }),
  }))
    Object.defineProperty(own, key, { value });
  const ofRun = { ...(await need({ batch: 2, seed: 0 } as never, LORA, 16)), dtype: 'f32' } as EngineNeed;
  return { session, ofRun };
}

test('what a precision costs is measured with a trained adapter on the shelf too, and that answers afterwards', async () => {
  const { session, ofRun } = await overToys();
  const id = session.shelf.beginRun(ofRun);
  session.shelf.endRun(id, await new ToyEngine().getAdapter(), {} as never);

  const report = await session.quantisation('q8', () => {});
  expect(report.loss).toMatchObject({ rows: 8, stored: expect.any(Number), held: expect.any(Number) });
  expect(needs.map(({ dtype }) => dtype)).toEqual(['auto', 'q8']);
  await session.answers.using({ id, strength: 1 }, {}, async () => {});
  expect(needs.at(-1)).toEqual(ofRun);
});

test('how far the parts of an adapter have moved is told of the very step that is asked for, with it in place', async () => {
  const { session, ofRun } = await overToys();
  class Moving extends ToyEngine {
    override movement = async () => Float32Array.of(this.updates / 8) as never;
  }
  open.mockResolvedValueOnce({ engine: new Moving(), warnings: [] });
  const adapter = async (value: number) => {
    const weights = await new ToyEngine().getAdapter();
    for (const values of weights.values.values()) values.fill(value);
    return weights;
  };
  const id = session.shelf.beginRun(ofRun);
  expect(() => session.movedParts(id)).toThrow(expect.objectContaining({ code: 'busy' }));
  for (const step of [2, 4]) session.shelf.snapshot(step, await adapter(step));
  session.shelf.endRun(id, await adapter(8), {} as never);
  const values = [];
  for (const of of [`${id}@4`, id, `${id}@2`]) values.push((await session.movedParts(of))?.[0].value);
  expect(values).toEqual([0.5, 1, 0.25]);
  expect(() => session.movedParts(`${id}@3`)).toThrow(expect.objectContaining({ code: 'no-snapshot' }));
});

test('a merge ends the one before it and no other work, and what is at hand is listed', async () => {
  const session = new Session('/');
  const model = randomModel();
  Object.defineProperty(session.workspace, 'model', { value: model });
  const { shelf } = session;
  const ids = [1, 2].map(() => shelf.putFile(randomAdapter(model.config, ['q_proj']), null));
  shelf.beginRun({} as EngineNeed);
  const request = { adapters: ids.map((id) => ({ id, name: id, weight: 1 })), way: 'sum' };

  const first = session.mergeAdapters(request, () => {});
  const other = session.compareAdapters(ids, () => {});
  const second = session.mergeAdapters(request, () => {});
  await expect(first).rejects.toMatchObject({ code: 'stopped' });
  expect(await other).toHaveLength(2);
  const { adapter } = await second;
  expect(session.shelfEntries()).toMatchObject([
    { id: ids[0], origin: 'file', settings: { method: 'lora', targets: ['q_proj'] }, merged: null },
    { id: ids[1], origin: 'file', notes: [] },
    { id: adapter, origin: 'merge', merged: { way: 'sum', sources: [{ weight: 1 }, { weight: 1 }] } },
  ]);
  const [{ bytes, settings }] = session.shelfEntries();
  expect(bytes).toBe(
    [...shelf.whole(ids[0]).weights.values.values()].reduce((sum, one) => sum + one.byteLength, 0),
  );
  expect(settings.rank).toBeGreaterThan(0);

  const stopped = session.mergeAdapters(request, () => {});
  session.stopWork();
  await expect(stopped).rejects.toMatchObject({ code: 'stopped' });
});
