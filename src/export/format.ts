import type { NamedBlob, NamedFile } from '../files/named-file.ts';
import type { AdapterWeights, MethodId } from '../methods/types.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { ReadCheckpoint } from '../run/checkpoint.ts';
import type { ModelSource } from '../weights/source.ts';
import type { TemplatePlace } from './chat-template.ts';

/**
 * What can be taken away, and how. A format is one object in one file of formats/; the export itself, its card, its
 * name, what the page offers, `--format`, `--dtype` and docs/commands.md follow from it.
 */

export type ExportDtype = 'f32' | 'f16' | 'q8' | 'q4';

export interface DtypeChoice {
  value: ExportDtype;
  /** For the page's choice. */
  label: string;
  /** A value takes so many. */
  bytes: number;
}

export const F32: DtypeChoice = { value: 'f32', label: 'f32', bytes: 4 };

/** What every format has, whatever it is written from. */
interface Common<Id extends string> {
  /** As `--format` and saved requests name it. */
  id: Id;
  /** Short, for the choice. */
  label: string;
  /** What the button says that saves it. */
  button: string;
  /** For whom it is, in a sentence. */
  about: string;
  /** The first is taken where none is asked for. */
  dtypes: readonly [DtypeChoice, ...DtypeChoice[]];
  /** How the export's name ends where it is one file; null where it is a folder. */
  file: ((dtype: ExportDtype) => string) | null;
  /** Ends the name of the .zip that a person saves; null where the one file is saved as it is. */
  zip: string | null;
  /**
   * The bundled base, which lies nowhere else, as the program that loads the export reads it: its own files in `base/`,
   * or one file that is written here. Null where the export needs no base.
   */
  base: 'own files' | ((model: ExportModel) => Promise<NamedBlob>) | null;
  /** The shell command that loads the export at `target`. */
  command(base: BaseName, target: string): string;
}

/** A format that an adapter is written in, by itself or merged into its base. */
export interface AdapterFormat<Id extends string = string> extends Common<Id> {
  from: 'adapter';
  /** The file is the whole model with the adapter in its weights. */
  merged: boolean;
  /** `library_name` of the model card. */
  library: string;
  /** `run.json` goes with it. */
  runRecord: boolean;
  /**
   * Why this cannot be written, in a sentence; null where it can. With `weights` null: what the model alone rules out.
   * Whether the format holds adapters of this method is the method's to say (`Method.heldBy`).
   */
  check(model: ExportModel, weights: AdapterWeights | null): string | null;
  /** Where the program computes something a little else than what was trained, in sentences for the card. */
  differs?(model: ExportModel): string[];
  /** Called only after `check` had nothing against it. @throws UserError `does-not-fit` */
  write(input: AdapterInput): Promise<Written> | Written;
  /** The part of a card that says how to use it, as Markdown lines. `file`: the name where it is one file, else '.'. */
  use(base: BaseName, file: string): string[];
  /** The lines that load it, run in the unpacked folder or where the file lies. */
  lines(base: BaseName, target: string): Lines;
}

/** A format that an unfinished run is written in. */
export interface RunFormat<Id extends string = string> extends Common<Id> {
  from: 'run';
  /** @throws UserError `bad-checkpoint`, `bad-setting`, `run-finished` */
  write(input: RunInput): NamedFile[];
}

export type ExportFormat<Id extends string = string> = AdapterFormat<Id> | RunFormat<Id>;

export interface BaseName {
  /** As in adapter_config.json: hub id, folder, `./base`, or the name of a GGUF file. */
  baseId: string;
  baseRevision: string | null;
  /** The base is a GGUF file, whatever it is called. */
  gguf: boolean;
  /** Whether prompts go through the model's chat template. */
  chat: boolean;
  /** Where that template is; the model's own where nothing is said. */
  template?: TemplatePlace;
}

/** Lines to copy. */
export interface Lines {
  language: 'Python' | 'shell';
  lines: string[];
}

/** The base that an adapter is on. */
export interface ExportModel {
  source: ModelSource;
  config: DecoderConfig;
}

export type MergeProgress = (done: number, total: number) => void;

export interface AdapterInput extends ExportModel {
  weights: AdapterWeights;
  dtype: ExportDtype;
  /** Name of the file, for formats that are one. */
  file: string;
  /** Told of tensors merged and in all. */
  progress?: MergeProgress;
}

export interface RunInput extends ExportModel {
  checkpoint: ReadCheckpoint;
  /** The cap on held-out rows that the run was begun with; null: none. */
  mostHeldOut: number | null;
}

export interface Written {
  /** One file, or a folder's. */
  files: NamedBlob[];
  /** What lies beside a one-file export in a download. */
  beside?: NamedBlob[];
}

/** What an export is called inside a download, and by the commands that load it; '.' for a folder. */
export function exportTarget(
  { file, dtypes }: ExportFormat,
  dtype: ExportDtype | null,
  name: string,
): string {
  return file ? name + file(dtype ?? dtypes[0].value) : '.';
}

/** The one file that an export is saved as: a .zip, or the export itself. */
export function downloadName(format: ExportFormat, dtype: ExportDtype | null, name: string): string {
  return format.zip === null ? exportTarget(format, dtype, name) : `${name}-${format.zip}.zip`;
}

/** What the page says of a format. Plain data, so that it crosses from the worker, where the writers are. */
export interface FormatWords<Id extends string = string>
  extends Pick<Common<Id>, 'id' | 'label' | 'button' | 'about'> {
  from: ExportFormat['from'];
  dtypes: readonly DtypeWords[];
  /** Saved as a .zip, not as the one file that it is. */
  zipped: boolean;
  /** The file is the whole model with the adapter in its weights. */
  merged: boolean;
  /** The bundled base can go into the download. */
  takesBase: boolean;
  /** Why the open model cannot be exported so; null where it can. */
  refused: string | null;
  /** The same for adapters of some methods. */
  refusedFor: Partial<Record<MethodId, string>>;
}

export interface DtypeWords extends DtypeChoice {
  /** What follows the name in that of a download. */
  ending: string;
}

export function wordsOf<Id extends string>(
  format: ExportFormat<Id>,
  refused: string | null,
  refusedFor: FormatWords['refusedFor'] = {},
): FormatWords<Id> {
  const { id, from, label, button, about, dtypes, zip, base } = format;
  return {
    ...{ id, from, label, button, about },
    dtypes: dtypes.map((choice) => ({ ...choice, ending: downloadName(format, choice.value, '') })),
    zipped: zip !== null,
    merged: from === 'adapter' && format.merged,
    takesBase: base !== null,
    refused,
    refusedFor,
  };
}

/** The precision that is asked for, or the format's own choice. */
export function dtypeOf<Choice extends DtypeChoice>(
  { dtypes }: { dtypes: readonly Choice[] },
  dtype: ExportDtype | null,
): Choice {
  return dtypes.find(({ value }) => value === dtype) ?? dtypes[0];
}

/** That of the merged file that the adapter was trained for; null where there was none, or it is not this format's. */
export function dtypeTrainedFor(
  { dtypes, merged }: { dtypes: readonly DtypeChoice[]; merged: boolean },
  mergeTarget: string | undefined,
): ExportDtype | null {
  if (!merged) return null;
  return dtypes.find(({ value }) => value === mergeTarget)?.value ?? null;
}

/** A small file as a Blob. */
export function asBlob({ path, bytes }: NamedFile): NamedBlob {
  return { path, blob: new Blob([bytes as Uint8Array<ArrayBuffer>]) };
}
