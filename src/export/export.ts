import { UserError } from '../errors.ts';
import type { NamedBlob, NamedFile } from '../files/named-file.ts';
import type { MergeRecord } from '../merging/record.ts';
import { methodOf } from '../methods/list.ts';
import { exportedAdapter } from '../methods/parameters.ts';
import type { AdapterSettings, AdapterWeights } from '../methods/types.ts';
import { type RunRecord, runFile } from '../run/record.ts';
import { modelCard } from './card.ts';
import { templateFiles, templatePlace } from './chat-template.ts';
import {
  type AdapterFormat,
  asBlob,
  type BaseName,
  dtypeTrainedFor,
  type ExportDtype,
  type ExportModel,
  type MergeProgress,
  type RunFormat,
  type RunInput,
} from './format.ts';
import { adapterFormats, type FormatId } from './formats/list.ts';
import { loadCommand } from './how-to-load.ts';

export interface ExportInput extends ExportModel {
  weights: AdapterWeights;
  /** Null: that which the adapter was trained for, else the format's own choice. */
  dtype: ExportDtype | null;
  /** Path or name that the note calls the result by. */
  target: string;
  /** The base has a chat template and the adapter was trained through it. */
  chat: boolean;
  record: RunRecord | null;
  /** What it was merged from, where it was. */
  merged?: MergeRecord;
  /** Told of tensors merged and in all. */
  progress?: MergeProgress;
}

export interface Exported {
  /** The export itself: one file, or a folder's. */
  files: NamedBlob[];
  /** What lies beside a one-file export in a download: its card, and what the format adds. */
  beside: NamedBlob[];
  /** The command that loads it. */
  note: string;
}

/**
 * An adapter, or the base with it merged in, in the form that another program loads.
 * @throws UserError `bad-dtype`, `unsupported-export`, `does-not-fit`
 */
export async function exportAdapter(format: AdapterFormat, input: ExportInput): Promise<Exported> {
  const { target, record, progress, source, config } = input;
  const dtype = exportDtype(format, input);
  if (!format.dtypes.some(({ value }) => value === dtype))
    throw new UserError(
      'bad-dtype',
      `An export as ${format.id} cannot be written in ${dtype}. Choose ${format.dtypes.map(({ value }) => value).join(', or ')}.`,
    );
  const refused = refusal(format, input, input.weights.settings, input.weights);
  if (refused) throw new UserError('unsupported-export', refused);
  const weights = exportedAdapter(input.weights);
  const card = asBlob(cardOf(format, input));
  const run = format.runRecord && record ? [asBlob(runFile(record))] : [];
  const { files, beside = [] } = await format.write({
    source,
    config,
    weights,
    dtype,
    file: fileOf(target),
    progress,
  });
  const base = baseName(format, input);
  const more = [card, ...run, ...templateFiles(base.template ?? 'model', source)];
  const note = loadCommand(format, base, target);
  return format.file
    ? { files, beside: [...beside, ...more], note }
    : { files: [...files, ...more], beside, note };
}

/** The precision that an export is written in. */
export function exportDtype(
  format: AdapterFormat,
  { dtype, record, weights: { settings } }: Pick<ExportInput, 'dtype' | 'record' | 'weights'>,
): ExportDtype {
  // A folder's record knows what its PEFT files do not say.
  const target = 'mergeTarget' in settings ? settings.mergeTarget : record?.settings.mergeTarget;
  return dtype ?? dtypeTrainedFor(format, target) ?? format.dtypes[0].value;
}

/** An unfinished run, to be gone on with elsewhere. @throws UserError as the format's `write` */
export function exportRun(format: RunFormat, input: RunInput, target: string): Exported {
  const base = baseOf(input.source, false);
  return { files: format.write(input).map(asBlob), beside: [], note: loadCommand(format, base, target) };
}

/** The model card that goes with an export. */
export function cardOf(
  format: AdapterFormat,
  { source, config, weights, target, record, merged, chat }: Omit<ExportInput, 'dtype'>,
): NamedFile {
  return modelCard({
    ...baseName(format, { source, chat, record }),
    baseName: source.name,
    baseLicence: source.licence,
    format,
    file: fileOf(target),
    differs: format.differs?.({ source, config }) ?? [],
    adapterSettings: exportedAdapter(weights).settings,
    record,
    merged,
  });
}

/** Why this model has not every format, by format, in a sentence. */
export function refusedExports(
  model: ExportModel,
  settings: Partial<AdapterSettings> = {},
): Partial<Record<FormatId, string>> {
  return Object.fromEntries(
    adapterFormats().flatMap((format) => {
      const why = refusal(format, model, settings, null);
      return why ? [[format.id, why]] : [];
    }),
  );
}

/** Why an adapter (null: any) of such a method on this model cannot be written so; null where it can. */
export function refusal(
  format: AdapterFormat,
  model: ExportModel,
  settings: Partial<AdapterSettings>,
  weights: AdapterWeights | null,
): string | null {
  const held = methodOf(settings).heldBy(format, settings);
  if (typeof held === 'object') return held.refused;
  if (held === 'merged only' && !format.merged)
    return `The format ${format.label} has no place for an adapter of this method. Merge it into the model instead.`;
  return format.check(model, weights);
}

function baseName(
  format: AdapterFormat,
  { source, chat, record }: Pick<ExportInput, 'source' | 'chat' | 'record'>,
): BaseName {
  const template = templatePlace(format, source, { record, chat });
  return { ...baseOf(source, chat), template };
}

function baseOf({ id, revision, kind }: ExportModel['source'], chat: boolean): BaseName {
  return { baseId: id, baseRevision: revision, gguf: kind === 'gguf', chat };
}

function fileOf(target: string): string {
  return target.slice(target.lastIndexOf('/') + 1);
}
