import type { Engine } from '../../../src/engine/engine.ts';
import type { BaseDtype } from '../../../src/loading/base-dtype.ts';
import { initialAdapter, sitesOf, startedAdapter } from '../../../src/methods/parameters.ts';
import type { AdapterSettings, AdapterWeights } from '../../../src/methods/types.ts';
import type { SoftLoss } from '../../../src/model/sublayers/head.ts';
import { startBase } from '../../../src/worker/compute/start-base.ts';
import type { Workspace } from '../../../src/worker/compute/workspace.ts';
import { processorEngineOver } from '../engine/processor/processor-engine.ts';
import { type Fixture, openFixture, sourceOf } from '../model/fixture.ts';
import { readFixture } from '../read-fixture.ts';
import { describeObjectivesResume, describeResume, SHAPE } from '../run/resume.ts';

/** Every method, and every start and scale of LoRA, in runs that are cut and resumed on the processor. */

const VIRTUAL_TOKENS = 4;
const LORA = { rank: 3, alpha: 5, dropout: 0, targets: ['q_proj', 'v_proj', 'down_proj'] };
const PLUS = { ...LORA, dropout: 0.2, rsLora: true, loraPlusRatio: 4 };

const METHODS: Record<string, AdapterSettings> = {
  DoRA: { ...PLUS, method: 'dora' },
  'LoRA through rounding': { ...LORA, mergeTarget: 'q4' },
  '(IA)³': { method: 'ia3', targets: ['all'], feedForward: ['down_proj'] },
  'prompt tuning': { method: 'prompt', virtualTokens: VIRTUAL_TOKENS },
  'prefix tuning': { method: 'prefix', virtualTokens: VIRTUAL_TOKENS },
};

interface Opened {
  engine: Engine;
  f: Omit<Fixture, 'adapterSettings'> & { adapterSettings: AdapterSettings };
}

async function open(
  settings: AdapterSettings,
  {
    maxRows = SHAPE.maxRows,
    soft,
    dtype = 'f32',
  }: { maxRows?: number; soft?: SoftLoss; dtype?: BaseDtype } = {},
): Promise<Opened> {
  const f = await openFixture((file) =>
    readFixture(new URL(`../model/fixtures/llama/${file}`, import.meta.url)),
  );
  const model = { source: sourceOf(f), config: f.config };
  const maxLength = SHAPE.maxLength + ('virtualTokens' in settings ? settings.virtualTokens : 0);
  const engine = await processorEngineOver(model, settings, { maxRows, maxLength }, { soft, dtype });
  const base = startBase({ model, data: {} as Workspace['data'] }, dtype);
  const modules = sitesOf(f.config, settings);
  const initial =
    'start' in settings
      ? await startedAdapter(base, modules, settings, 1)
      : inSize(initialAdapter(modules, settings, 1));
  return { engine, f: { ...f, modules, adapterSettings: settings, initial } };
}

/** Embeddings are small: from its random start a prompt learns next to nothing. */
function inSize(weights: AdapterWeights): AdapterWeights {
  if (weights.settings.method !== 'prompt') return weights;
  const values = [...weights.values].map(
    ([key, random]) => [key, random.map((value) => value / 50)] as const,
  );
  return { ...weights, values: new Map(values) };
}

/** An adapter that a run could have begun with. */
async function brought({ engine, f }: Opened): Promise<AdapterWeights> {
  await engine.setAdapter(f.initial);
  // With what only the device computes.
  const whole = await engine.getAdapter();
  const values = [...whole.values].map(
    ([key, old]) => [key, old.map((value, i) => value + 0.02 * Math.sin(i))] as const,
  );
  return { ...whole, values: new Map(values) };
}

const RUNS: Record<string, [AdapterSettings, BaseDtype?]> = {
  ...Object.fromEntries(Object.entries(METHODS).map(([name, settings]) => [name, [settings]])),
  'LoRA+ with dropout, rank-stabilised': [PLUS],
  'LoRA with the ranks that EVA gave out': [
    { ...LORA, start: 'eva', rankPattern: { q_proj: 5, v_proj: 1 }, alphaPattern: { q_proj: 8, v_proj: 2 } },
  ],
  // What was taken off the base is in the checkpoint: nothing is decomposed again.
  PiSSA: [{ ...LORA, start: 'pissa', dropout: 0.2 }],
  OLoRA: [{ ...LORA, start: 'olora' }],
  'LoftQ on a base in q4': [{ ...LORA, start: 'loftq' }, 'q4'],
  'QDoRA on a base in nf4': [{ ...LORA, method: 'dora' }, 'nf4'],
};

for (const [name, [settings, dtype]] of Object.entries(RUNS))
  describeResume(() => open(settings, { dtype }), `a run of ${name}`);

for (const [name, settings] of Object.entries(METHODS))
  describeObjectivesResume(
    async (maxRows, soft) => {
      const opened = await open(settings, { maxRows, soft });
      return { ...opened, f: { ...opened.f, final: await brought(opened) } };
    },
    // One that compares with a reference, one that learns from a teacher; LoRA has all of them in objectives/.
    ['dpo', 'bake'],
    `a run of ${name} with each objective`,
  );
