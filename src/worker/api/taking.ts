import type { ExportDtype } from '../../export/format.ts';
import type { FormatId } from '../../export/formats/list.ts';
import type { QuantisationReport } from '../../loading/quantisation.ts';
import type { MergeRecord } from '../../merging/record.ts';
import type { RunSettings } from '../../run/settings/list.ts';

/** Adapters that are brought and taken away, and what they cost. */

/** What an adapter that was brought says of itself. */
export interface AdapterInfo {
  /** Under which it stands on the shelf. */
  id: string;
  /** Those of a run that goes on from it, where they are its own. */
  settings: Partial<RunSettings>;
  /** The merged file that it was trained for, where its run says so. */
  mergeTarget?: RunSettings['mergeTarget'];
  /** Whether it was trained without the chat template, which it is then asked without; false where that is not known. */
  raw: boolean;
  /** What a person should know before using it, in sentences. */
  notes: string[];
}

/** An adapter of the shelf, as the page lists it. */
export interface ShelfEntry extends AdapterInfo {
  origin: 'file' | 'run' | 'merge';
  /** Of its values in memory. */
  bytes: number;
  /** What it was merged from, where it was. */
  merged: MergeRecord | null;
}

/** A trained embedding in front of every row. */
export interface VirtualToken {
  /** By falling cosine. */
  nearest: { id: number; text: string; cosine: number }[];
  /** ‖p − p⁰‖ / ‖p⁰‖; null where its beginning is not known. */
  moved: number | null;
}

export interface ExportRequest {
  /** Id of an adapter on the shelf; null for a form that an unfinished run is written in. */
  adapter: string | null;
  format: FormatId;
  /** Null: the format's own choice. */
  dtype: ExportDtype | null;
  /** Path or file name that the note and the card call the result by. */
  target: string;
  /** With the bundled base beside an adapter of it, which lies nowhere else. */
  withBase?: boolean;
  /** For formats that a run is written in; without it, the one of the run that the page keeps. */
  checkpoint?: { name: string; bytes: Uint8Array };
}

export interface Quantisation extends QuantisationReport {
  /** Of the base alone, as stored and as held; null where it could not be measured. */
  loss: { rows: number; stored: number; held: number } | null;
}

/** An export as one file to save. */
export interface DownloadRequest extends Pick<ExportRequest, 'adapter' | 'format' | 'dtype'> {
  /** What the file is called, without its ending. */
  name: string;
  /** The bundled base beside an adapter, so that what is downloaded works by itself. */
  includeBase: boolean;
  /** Model card in place of ours; null: ours. */
  card: string | null;
}

export interface LinesRequest extends Pick<DownloadRequest, 'format' | 'dtype' | 'name'> {
  /** The adapter was trained without the chat template. */
  raw: boolean;
}
