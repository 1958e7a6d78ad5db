import { answeredRow } from '../../../../src/data/answered.ts';
import { openDataset } from '../../../../src/data/dataset.ts';
import type { Question } from '../../../../src/data/forms/questions.ts';
import type { ChatTurn, Dataset } from '../../../../src/data/types.ts';
import type { Engine } from '../../../../src/engine/engine.ts';
import { startedAdapter } from '../../../../src/methods/parameters.ts';
import type { AdapterWeights, LoraSettings } from '../../../../src/methods/types.ts';
import { parseConfig } from '../../../../src/model/families/parse.ts';
import { sft } from '../../../../src/objectives/sft.ts';
import { defaultSettings, type RunSettings } from '../../../../src/run/settings/list.ts';
import { Trainer } from '../../../../src/run/trainer.ts';
import { openFolder } from '../../../../src/weights/folder.ts';
import type { LadderRequest } from '../../../../src/worker/api/ladder.ts';
import { Answers } from '../../../../src/worker/compute/answers.ts';
import { Ladder } from '../../../../src/worker/compute/ladder.ts';
import { Teaching } from '../../../../src/worker/compute/teaching.ts';
import type { Workspace } from '../../../../src/worker/compute/workspace.ts';
import { tinyTokenizer } from '../../data/text/tiny-tokenizer.ts';
import { processorEngineOver } from '../../engine/processor/processor-engine.ts';
import { readFixture } from '../../read-fixture.ts';

const PUBLIC = new URL('../../../../public/', import.meta.url);
/** Of the bundled model. */
export const MODEL_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'model.safetensors',
];
const LORA: LoraSettings = {
  rank: 8,
  alpha: 16,
  dropout: 0,
  targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
};

export type Row = Record<string, unknown>;

/** The ladder of the page's worker over the bundled model on the processor, and rows that are given as they are. */
export async function bundledLadder(train: readonly Row[], heldOut: readonly Row[]) {
  const tokenizer = await tinyTokenizer();
  const source = await openFolder(
    await Promise.all(
      MODEL_FILES.map(async (path) => ({
        path: `tiny/${path}`,
        blob: new Blob([await readFixture(new URL(`models/tiny/${path}`, PUBLIC))]),
      })),
    ),
  );
  const config = parseConfig(source.config, source.tensors, source.generationConfig);
  const engine: Engine = await processorEngineOver({ source, config }, LORA, { maxRows: 4, maxLength: 128 });
  const open = (blob: Blob, name: string) =>
    openDataset(new File([blob], name), tokenizer, { maxLength: 128, raw: false });
  const lines = (rows: readonly Row[]) => new Blob([rows.map((row) => `${JSON.stringify(row)}\n`).join('')]);
  const datasets: Record<'train' | 'eval', Dataset> = {
    train: await open(lines(train), 'train.jsonl'),
    eval: await open(lines(heldOut), 'held-out.jsonl'),
  };
  const adapters = new Map<string, AdapterWeights>();
  /** All that stood in a prompt, and all that was trained on. */
  const seen = { prompts: [] as string[], trained: [] as string[] };
  const step = engine.step.bind(engine);
  engine.step = (batches, ...rest) => {
    for (const { ids } of batches) seen.trained.push(tokenizer.decode([...ids]));
    return step(batches, ...rest);
  };
  const workspace = {
    model: { config, info: { hasTemplate: true }, host: { unlessLost: (work: Promise<unknown>) => work } },
    date: undefined,
    dataset: (role: 'train' | 'eval') => datasets[role],
    async leaveOut(rows: readonly number[]) {
      datasets.train = await open(await datasets.train.jsonLinesWithout(rows), 'train.jsonl');
    },
    data: {
      encode: async (...args: Parameters<typeof tokenizer.encode>) => tokenizer.encode(...args),
      decode: async (...args: Parameters<typeof tokenizer.decode>) => tokenizer.decode(...args),
      async chat(turns: readonly ChatTurn[], options: Parameters<typeof tokenizer.chat>[1]) {
        seen.prompts.push(turns.map(({ content }) => content).join('\n'));
        return tokenizer.chat(turns, options);
      },
      endOfTurn: async () => tokenizer.endOfTurnId(),
      answered: async (question: Question, raw: boolean) => answeredRow(question, tokenizer, raw),
    },
  } as unknown as Workspace;
  const answers = new Answers(workspace, async (use) => {
    if (use) await engine.setAdapter(adapters.get(use.id)!);
    return engine;
  });
  const ladder = new Ladder(workspace, answers);
  const teaching = new Teaching(workspace, answers);
  const request: LadderRequest = { prompt: null, metric: null, raw: false, seed: 0, documents: [] };
  return {
    ...{ engine, datasets, answers, ladder, teaching, seen },
    prepare: (given: Partial<LadderRequest> = {}) => ladder.prepare({ ...request, ...given }, () => {}),
    /** Trains on what is open and puts the adapter on the shelf. */
    async train(id: string, given: Partial<RunSettings> = {}, leftOut: readonly number[] = []) {
      const settings = defaultSettings({ maxLength: 128, ...given });
      const dataset = datasets.train;
      await engine.setAdapter(await startedAdapter(null as never, engine.modules, LORA, settings.seed));
      const rows = Uint32Array.from({ length: dataset.rows }, (_, i) => i).filter(
        (row) => !leftOut.includes(row),
      );
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

/** A file of the ladder's samples. */
export async function sampleText(path: string): Promise<string> {
  return new TextDecoder().decode(await readFixture(new URL(`samples/ladder/${path}`, PUBLIC)));
}

export async function sampleRows(path: string): Promise<Row[]> {
  const lines = (await sampleText(path)).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line));
}
