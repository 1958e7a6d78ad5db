import { UserError } from '../errors.ts';
import type { NamedBlob, NamedFile } from '../files/named-file.ts';
import { writePeft } from '../methods/peft.ts';
import type { AdapterWeights } from '../methods/types.ts';
import type { DecoderConfig } from '../model/config.ts';
import { type RunRecord, runFile } from '../run/record.ts';
import type { ModelSource } from '../weights/source.ts';
import { modelCard } from './card.ts';
import { modelfile, writeGgufAdapter } from './gguf/adapter.ts';
import { checkMergedGguf, mergedGguf } from './gguf/merged.ts';
import { type ExportFormat, loadCommand } from './how-to-load.ts';
import { checkMergedFolder, type MergeProgress, mergedFolder } from './merged.ts';
import { writeMlx } from './mlx.ts';

export type ExportDtype = 'f32' | 'f16' | 'q8';

export interface ExportInput {
  source: ModelSource;
  config: DecoderConfig;
  weights: AdapterWeights;
  format: ExportFormat;
  /** Null: f32 for adapters, f16 for merged models. */
  dtype: ExportDtype | null;
  /** Path or name that the note calls the result by. */
  target: string;
  /** The base has a chat template and the adapter was trained through it. */
  chat: boolean;
  record: RunRecord | null;
  /** Told of tensors merged and in all. */
  progress?: MergeProgress;
}

export interface Exported {
  /** The export itself: one file for `gguf` and `merged-gguf`, else a folder's files. */
  files: NamedBlob[];
  /** What lies beside a one-file export in a download: its card, Ollama's Modelfile. */
  beside: NamedBlob[];
  /** The command that loads it. */
  note: string;
}

const DTYPES: Readonly<Record<ExportFormat, readonly ExportDtype[]>> = {
  peft: ['f32'],
  gguf: ['f32'],
  mlx: ['f32'],
  merged: ['f16', 'f32'],
  'merged-gguf': ['f16', 'f32', 'q8'],
};

/**
 * An adapter, or the base with it merged in, in the form that another program loads.
 * @throws UserError `bad-dtype`, `unsupported-export`, `does-not-fit`
 */
export async function exportAdapter(input: ExportInput): Promise<Exported> {
  const { source, config, weights, format, target, record, chat, progress } = input;
  const dtype = input.dtype ?? DTYPES[format][0];
  if (!DTYPES[format].includes(dtype))
    throw new UserError(
      'bad-dtype',
      `An export as ${format} cannot be written in ${dtype}. Choose ${DTYPES[format].join(', or ')}.`,
    );
  const base = { baseId: source.id, baseRevision: source.revision, chat };
  const file = fileOf(target);
  const card = cardOf(input);
  const note = loadCommand(format, base, target);
  switch (format) {
    case 'peft': {
      const run = record ? [runFile(record)] : [];
      return { files: blobs([...writePeft(weights, config, source), card, ...run]), beside: [], note };
    }
    case 'mlx':
      return { files: blobs([...writeMlx(weights, config), card]), beside: [], note };
    case 'gguf': {
      const ollama = modelfile(source.kind === 'gguf' ? `./${source.id}` : './base.gguf', `./${file}`);
      return { files: blobs([writeGgufAdapter(weights, config)]), beside: blobs([ollama, card]), note };
    }
    case 'merged': {
      const files = await mergedFolder(source, config, weights, dtype === 'f32' ? 'f32' : 'f16', {
        progress,
      });
      return { files: [...files, ...blobs([card])], beside: [], note };
    }
    case 'merged-gguf':
      return {
        files: [await mergedGguf(source, config, weights, dtype, { progress })],
        beside: blobs([card]),
        note,
      };
  }
}

function fileOf(target: string): string {
  return target.slice(target.lastIndexOf('/') + 1);
}

/** The model card that goes with an export. */
export function cardOf({ source, weights, format, target, record, chat }: ExportInput): NamedFile {
  return modelCard({
    baseId: source.id,
    baseRevision: source.revision,
    chat,
    baseName: source.name,
    baseLicence: source.licence,
    format,
    file: fileOf(target),
    lora: weights.settings,
    record,
  });
}

/** Why this model has not every form, by form, in a sentence. */
export function refusedExports(
  source: ModelSource,
  config: DecoderConfig,
): Partial<Record<ExportFormat, string>> {
  const nothing: AdapterWeights = {
    settings: { rank: 1, alpha: 1, dropout: 0, targets: [] },
    modules: [],
    values: new Map(),
  };
  const attempts: Partial<Record<ExportFormat, () => unknown>> = {
    gguf: () => writeGgufAdapter(nothing, config),
    mlx: () => writeMlx(nothing, config),
    merged: () => checkMergedFolder(source, config),
    'merged-gguf': () => checkMergedGguf(source, config),
  };
  const refused: Partial<Record<ExportFormat, string>> = {};
  for (const [format, attempt] of Object.entries(attempts)) {
    try {
      attempt();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refused[format as ExportFormat] = error.message;
    }
  }
  return refused;
}

function blobs(files: readonly NamedFile[]): NamedBlob[] {
  return files.map(({ path, bytes }) => ({ path, blob: new Blob([bytes as Uint8Array<ArrayBuffer>]) }));
}
