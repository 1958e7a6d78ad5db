import { expect, test, vi } from 'vitest';
import type { AdapterSettings } from '../../../../src/methods/types.ts';
import { parseConfig } from '../../../../src/model/families/parse.ts';
import type { RunSettings } from '../../../../src/run/settings/list.ts';
import type { EngineNeed } from '../../../../src/worker/compute/engine-need.ts';
import { LORA } from '../../run/toy-engine.ts';
import { toyRequest, toySession } from './toy-workspace.ts';

/** What settings cost before there is a run, and beside others. */

const config = parseConfig({
  ...{ model_type: 'llama', vocab_size: 50, hidden_size: 8, intermediate_size: 12, num_hidden_layers: 1 },
  ...{ num_attention_heads: 2, max_position_embeddings: 16, rms_norm_eps: 1e-5 },
});

const planned = ({ adapterSettings, shape, soft }: EngineNeed) => ({
  ...{ base: 1000, optimizer: 0, other: 7 },
  adapter: adapterSettings.method === 'prompt' ? 1 : 50,
  activation: shape.maxRows * (soft ? 3 : 1),
  total: 0,
});

vi.mock('../../../../src/worker/compute/processor-host.ts', () => ({
  ProcessorHost: class {
    plan = async ({ shape }: EngineNeed) => ({
      ...{ base: 9000, adapter: 0, optimizer: 0, other: 0, total: 0 },
      activation: shape.maxRows,
    });
    dispose() {}
  },
}));

function session() {
  const toy = toySession();
  const { workspace, host } = toy;
  host.plan = async (need) => planned(need);
  const { need } = workspace;
  Object.assign(workspace.model, { config });
  Object.assign(workspace, {
    adapterSettings: ({ method }: RunSettings): AdapterSettings =>
      method === 'prompt' ? { method, virtualTokens: 4 } : LORA,
    need: async (settings: RunSettings, adapterSettings: AdapterSettings, longest: number) => ({
      ...(await need.call(workspace, settings, adapterSettings, longest)),
      adapterSettings,
      ...(settings.objective === 'distil' && { soft: { top: 2, weight: 0.5 } }),
    }),
  });
  return toy;
}

test('LoRA with supervised training is what everything else is compared with', async () => {
  const { runs } = session();
  const { beside, memory } = await runs.estimate(toyRequest().settings);
  expect(beside).toEqual({ lora: null, supervised: null });
  expect(memory).toMatchObject({ base: 1000, adapter: 50, activation: 2 });
});

test('another method and objective stand each beside the same run without it', async () => {
  const { runs } = session();
  const settings = toyRequest({ method: 'prompt', objective: 'distil' }).settings;
  const { beside, memory, trainableParameters, teacherMemory } = await runs.estimate(settings);
  expect(memory).toMatchObject({ adapter: 1, activation: 6 });
  expect(beside.lora!.memory).toMatchObject({ adapter: 50, activation: 6 });
  expect(beside.supervised!.memory).toMatchObject({ adapter: 1, activation: 2 });
  expect(trainableParameters).toBe(4 * config.hidden);
  expect(beside.lora!.trainableParameters).not.toBe(trainableParameters);
  // No teacher is open yet.
  expect(teacherMemory).toBeNull();
});

test('a second model is planned as it reads: a row at a time', async () => {
  const { runs, workspace } = session();
  Object.assign(workspace, { teacher: { source: {}, config, adapter: null } });
  const distil = await runs.estimate(toyRequest({ objective: 'distil' }).settings);
  expect(distil.teacherMemory).toMatchObject({ base: 9000, activation: 1 });
  expect(await runs.estimate(toyRequest().settings)).not.toHaveProperty('teacherMemory');
});
