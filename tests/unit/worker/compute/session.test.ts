import { expect, test, vi } from 'vitest';
import type { EngineNeed } from '../../../../src/worker/compute/engine-need.ts';
import type { ProcessorHost } from '../../../../src/worker/compute/processor-host.ts';
import { Session } from '../../../../src/worker/compute/session.ts';
import type { Workspace } from '../../../../src/worker/compute/workspace.ts';
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

test('what a precision costs is measured with a trained adapter on the shelf too, and that answers afterwards', async () => {
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
  const id = session.shelf.beginRun(ofRun);
  session.shelf.endRun(id, await new ToyEngine().getAdapter(), {} as never);

  const report = await session.quantisation('q8', () => {});
  expect(report.loss).toMatchObject({ rows: 8, stored: expect.any(Number), held: expect.any(Number) });
  expect(needs.map(({ dtype }) => dtype)).toEqual(['auto', 'q8']);
  await session.answers.using({ id, strength: 1 }, {}, async () => {});
  expect(needs.at(-1)).toEqual(ofRun);
});
