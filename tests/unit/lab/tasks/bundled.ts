import { padBatch } from '../../../../src/data/batches.ts';
import { openDataset } from '../../../../src/data/dataset.ts';
import type { DataOptions, Dataset } from '../../../../src/data/types.ts';
import { startedAdapter } from '../../../../src/methods/parameters.ts';
import type { AdapterWeights, LoraSettings } from '../../../../src/methods/types.ts';
import { sft } from '../../../../src/objectives/sft.ts';
import { defaultSettings, type RunSettings } from '../../../../src/run/settings/list.ts';
import { Trainer } from '../../../../src/run/trainer.ts';
import type { TasksRequest } from '../../../../src/worker/api/tasks.ts';
import { Answers } from '../../../../src/worker/compute/answers.ts';
import type { Measures } from '../../../../src/worker/compute/measures.ts';
import { Tasks } from '../../../../src/worker/compute/tasks.ts';
import type { Workspace } from '../../../../src/worker/compute/workspace.ts';
import { tinyTokenizer } from '../../data/text/tiny-tokenizer.ts';
import { readFixture } from '../../read-fixture.ts';
import { bundledLadder, type Row } from '../ladder/bundled.ts';

const PUBLIC = new URL('../../../../public/', import.meta.url);
export const LORA: LoraSettings = {
  rank: 8,
  alpha: 16,
  dropout: 0,
  targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
};

export const fileOf = (rows: readonly Row[], name = 'rows.jsonl') =>
  new File([rows.map((row) => `${JSON.stringify(row)}\n`).join('')], name);

/** The rows of a sample in public/samples/tasks. */
export async function styleRows(name: string): Promise<Row[]> {
  const text = new TextDecoder().decode(await readFixture(new URL(`samples/tasks/${name}.jsonl`, PUBLIC)));
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

/** The tasks of the page’s worker over the bundled model on the processor. */
export async function bundledTasks() {
  const { engine, datasets, answers: ofLadder, seen } = await bundledLadder([], []);
  const tokenizer = await tinyTokenizer();
  const open = (file: File, options: DataOptions) => openDataset(file, tokenizer, options);
  const workspace: Workspace = Object.assign(ofLadder.workspace, {
    trainingFile: null as unknown,
    async openData(choice: { file: File }, options: DataOptions, role: 'train' | 'eval') {
      datasets[role] = await open(choice.file, { ...options, maxLength: 128 });
      if (role === 'train') Object.assign(workspace, { trainingFile: { choice, options } });
      return datasets[role].report;
    },
  }) as never;
  const adapters = new Map<string, AdapterWeights>();
  const answers = new Answers(workspace, async (use) => {
    if (use) await engine.setAdapter(adapters.get(use.id)!);
    return engine;
  });
  const text = await readFixture(new URL('general/small-world.jsonl', PUBLIC));
  const general = await open(new File([Uint8Array.from(text)], 'general.jsonl'), {
    maxLength: 64,
    raw: false,
  });
  const measures = {
    general: async () => general,
    async generalLoss(use: { id: string } | null, begin: number, end: number) {
      if (use) await engine.setAdapter(adapters.get(use.id)!);
      let [lossSum, tokens] = [0, 0];
      for (const example of await general.examples(
        Array.from({ length: end - begin }, (_, i) => begin + i),
      )) {
        const part = await engine.evaluate(padBatch([example]), use ? 1 : 0);
        lossSum += part.lossSum;
        tokens += part.tokens;
      }
      return { lossSum, tokens, rows: general.rows };
    },
  } as unknown as Measures;
  const tasks = new Tasks(workspace, answers, measures);
  const request: Omit<TasksRequest, 'tasks'> = {
    ...{ replay: null, options: { maxLength: 128, raw: false }, fraction: 0.2, seed: 0, metric: null },
  };
  return {
    ...{ engine, tasks, adapters, seen, general, workspace, measures },
    prepare: (given: Pick<TasksRequest, 'tasks'> & Partial<TasksRequest>) =>
      tasks.prepare({ ...request, ...given }, () => {}),
    opened: (): Dataset => datasets.train,
    /** Trains on what is open, from an adapter where one is named, and keeps the adapter. */
    async train(id: string, given: Partial<RunSettings>, from: string | null = null) {
      const settings = defaultSettings({ maxLength: 128, ...given });
      await engine.setAdapter(
        from === null
          ? await startedAdapter(null as never, engine.modules, LORA, settings.seed)
          : adapters.get(from)!,
      );
      const { optimizer } = { optimizer: await engine.getOptimizer() };
      await engine.setOptimizer({ m: optimizer.m.map(() => 0), v: optimizer.v.map(() => 0) });
      const dataset = datasets.train;
      const rows = Uint32Array.from({ length: dataset.rows }, (_, i) => i);
      const result = await new Trainer({
        ...{
          engine,
          dataset,
          rows,
          heldOut: null,
          settings,
          objective: sft,
          trace: false,
          sampleEvery: null,
        },
        sample: async () => {},
        checkpoint: { every: null, write: async () => {} },
        emit: () => {},
      }).run();
      adapters.set(id, await engine.getAdapter());
      return result;
    },
  };
}
