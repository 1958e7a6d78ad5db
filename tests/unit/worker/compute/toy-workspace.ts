import type { RunEvent } from '../../../../src/run/events.ts';
import { defaultSettings, type RunSettings } from '../../../../src/run/settings/list.ts';
import type { ModelSource } from '../../../../src/weights/source.ts';
import type { TrainRequest } from '../../../../src/worker/api/api.ts';
import { Answers } from '../../../../src/worker/compute/answers.ts';
import type { EngineNeed } from '../../../../src/worker/compute/engine-need.ts';
import { EngineHost } from '../../../../src/worker/compute/engines.ts';
import { Runs } from '../../../../src/worker/compute/runs.ts';
import { Shelf } from '../../../../src/worker/compute/shelf.ts';
import type { Workspace } from '../../../../src/worker/compute/workspace.ts';
import { LORA, ToyEngine, toyDataset } from '../../run/toy-engine.ts';

/** A session over toy engines: the real runs, answers and engine host, with a model, rows and a tokenizer of one line. */
export function toySession(rows = 8) {
  const config = new ToyEngine().config;
  const host = new EngineHost({} as ModelSource, config);
  host.plan = async () => ({ base: 0, adapter: 0, optimizer: 0, activation: 0, other: 0, total: 0 });
  const dataset = toyDataset(rows);
  const workspace = {
    model: {
      config,
      host,
      info: { id: 'toy', parameters: 1, hasTemplate: false, notes: [] },
      source: { revision: null, tokenizer: { chatTemplate: null } },
    },
    dataset: () => dataset,
    trainingData: dataset,
    trainingFile: null,
    date: '2026-12-01T09:00:00',
    runDate: async (from: string | null) => from,
    readFor: async () => {},
    askAsOn: () => {},
    adapterSettings: () => LORA,
    need: async (settings: RunSettings): Promise<EngineNeed> => ({
      device: 'wasm',
      adapterSettings: LORA,
      shape: { maxRows: settings.batch, maxLength: 16 },
      seed: settings.seed,
      dtype: 'auto',
      checkpointing: false,
      packing: false,
      kernels: {},
    }),
    data: { encode: async () => [1], decode: async (ids: number[]) => ids.join(' ') },
  } as unknown as Workspace;
  const inference = { maxRows: 4, maxLength: 256 };
  const answers = new Answers(
    workspace,
    async () =>
      host.engine ??
      host.ensure({ ...(await workspace.need(defaultSettings(), LORA, 2)), shape: inference }, () => {}),
  );
  const shelf = new Shelf();
  return { workspace, host, answers, shelf, runs: new Runs(workspace, answers, shelf) };
}

export function toyRequest(settings: Partial<RunSettings> = {}): TrainRequest {
  return {
    settings: defaultSettings({
      ...{ rank: LORA.rank, alpha: LORA.alpha, targets: LORA.targets },
      ...{ batch: 2, steps: 10, checkpointEvery: 2 },
      ...settings,
    }),
    prompts: [],
    sampleEvery: null,
    sampleTokens: 4,
    trace: false,
    maxEvalRows: null,
    evalData: false,
  };
}

/** States in order, each once where it comes again at once. */
export function statesOf(events: readonly RunEvent[]): string[] {
  const states = events.flatMap((event) => (event.type === 'state' ? [event.state] : []));
  return states.filter((state, i) => state !== states[i - 1]);
}
