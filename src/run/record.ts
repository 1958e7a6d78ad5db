import type { EngineInfo } from '../engine/engine.ts';
import type { NamedFile } from '../files/named-file.ts';
import type { AdapterSettings } from '../methods/types.ts';
import { type RunSettings, type SavedSettings, savedSettings } from './settings/list.ts';

/** What is known of a dataset without any of its text. */
export interface DatasetRecord {
  sha256: string;
  bytes: number;
  rows_used: number;
  rows_dropped: number;
  rows_bad: number;
  rows_held_out: number;
  /** Those that steps were taken on; absent in records of earlier versions. */
  rows_trained?: number;
}

/** `run.json`: enough to say what was done and to do it again; never a row of the dataset, nor its file's name. */
export interface RunRecord {
  format: 'lowrank-run';
  version: 1;
  created: string;
  base_model: { id: string; revision: string | null; architecture: string; precision: string };
  adapter: AdapterRecord;
  settings: SavedSettings;
  seed: number;
  dataset: DatasetRecord;
  /** The chat template that was chosen in place of the base model's own; absent where none was. */
  chat_template?: { sha256: string };
  /** When the run began, in its own local time, where its chat template asks for a date: every prompt is to have this. */
  template_date?: string;
  device: EngineInfo['device'];
  gpu: EngineInfo['gpu'];
  kernels: Record<string, string>;
  packages: Record<string, string>;
  metrics: RunMetrics;
}

/** The method stands there where it is not LoRA. */
export type AdapterRecord =
  | { method?: 'dora'; rank: number; alpha: number; dropout: number; targets: string[]; rslora: boolean }
  | { method: 'ia3'; targets: string[] }
  | { method: 'prompt' | 'prefix'; virtual_tokens: number };

export interface RunMetrics {
  steps: number;
  epochs: number;
  tokens: number;
  supervised_tokens: number;
  seconds: number;
  tokens_per_second: number;
  loss_first: number | null;
  loss_last: number | null;
  eval: { rows: number; loss_before: number; loss_after: number; best_step: number | null } | null;
  trainable_parameters: number;
  /** Of a run that learned from a teacher. */
  teacher?: TeacherMeasure;
}

/** How near a model is to its teacher, in nats a supervised token, and what its teacher took. */
export interface TeacherMeasure {
  /** Measured; held out, or else of the training rows. */
  rows: number;
  held_out: boolean;
  /** Mean KL(teacher ‖ model): of the base without the adapter, and with it. */
  kl_before: number;
  kl_after: number;
  /** Tokens of a prompt that no answer needs any more: the mean over the rows; null where none was baked in. */
  tokens_saved: number | null;
  /** The other model that it learned from. */
  name?: string;
  /** Bytes of the teacher's results while the run went on. */
  bytes: number;
}

export interface RunRecordInput {
  /** ISO 8601; given by the caller so that the record is a pure function of its input. */
  created: string;
  base: { id: string; revision: string | null; architecture: string; precision: string };
  adapterSettings: AdapterSettings;
  settings: RunSettings;
  dataset: DatasetRecord;
  /** SHA-256 of the chat template that was chosen; none where it is the base model's own. */
  chosenTemplate?: string;
  /** As `RunRecord.template_date`. */
  templateDate?: string | null;
  engine: EngineInfo;
  /** Name → version of what computed this, `lowrank` among them. */
  packages: Record<string, string>;
  metrics: RunMetrics;
}

/** Picks each field by name, so that nothing else that a caller holds (reasons of bad rows quote text) gets in. */
export function runRecord(input: RunRecordInput): RunRecord {
  const { base, adapterSettings, settings, dataset, engine, metrics } = input;
  return {
    format: 'lowrank-run',
    version: 1,
    created: input.created,
    base_model: {
      id: base.id,
      revision: base.revision,
      architecture: base.architecture,
      precision: base.precision,
    },
    adapter: adapterRecord(adapterSettings),
    settings: savedSettings(settings),
    seed: settings.seed,
    dataset: {
      sha256: dataset.sha256,
      bytes: dataset.bytes,
      rows_used: dataset.rows_used,
      rows_dropped: dataset.rows_dropped,
      rows_bad: dataset.rows_bad,
      rows_held_out: dataset.rows_held_out,
      ...(dataset.rows_trained !== undefined && { rows_trained: dataset.rows_trained }),
    },
    ...(input.chosenTemplate && { chat_template: { sha256: input.chosenTemplate } }),
    ...(input.templateDate && { template_date: input.templateDate }),
    device: engine.device,
    gpu: engine.gpu,
    kernels: { ...engine.kernels },
    packages: { ...input.packages },
    metrics: {
      steps: metrics.steps,
      epochs: metrics.epochs,
      tokens: metrics.tokens,
      supervised_tokens: metrics.supervised_tokens,
      seconds: metrics.seconds,
      tokens_per_second: metrics.tokens_per_second,
      loss_first: metrics.loss_first,
      loss_last: metrics.loss_last,
      eval: metrics.eval && {
        rows: metrics.eval.rows,
        loss_before: metrics.eval.loss_before,
        loss_after: metrics.eval.loss_after,
        best_step: metrics.eval.best_step,
      },
      trainable_parameters: metrics.trainable_parameters,
      ...(metrics.teacher && {
        teacher: {
          rows: metrics.teacher.rows,
          held_out: metrics.teacher.held_out,
          kl_before: metrics.teacher.kl_before,
          kl_after: metrics.teacher.kl_after,
          tokens_saved: metrics.teacher.tokens_saved,
          bytes: metrics.teacher.bytes,
          ...(metrics.teacher.name !== undefined && { name: metrics.teacher.name }),
        },
      }),
    },
  };
}

function adapterRecord(settings: AdapterSettings): AdapterRecord {
  if (settings.method === 'prompt' || settings.method === 'prefix')
    return { method: settings.method, virtual_tokens: settings.virtualTokens };
  if (settings.method === 'ia3') return { method: 'ia3', targets: [...settings.targets] };
  const { rank, alpha, dropout, targets, rsLora = false } = settings;
  return {
    ...(settings.method === 'dora' && { method: settings.method }),
    ...{ rank, alpha, dropout, targets: [...targets], rslora: rsLora },
  };
}

export function runFile(record: RunRecord): NamedFile {
  return { path: 'run.json', bytes: new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`) };
}
