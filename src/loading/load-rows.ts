import { UserError } from '../errors.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { WritableMemory } from '../ops/memory.ts';
import type { Weight } from '../ops/types.ts';
import { asHalfWords, bfloatsFitHalf, blockOf } from '../weights/convert.ts';
import { MAX_PIECE_BYTES, readFloats, readRows } from '../weights/load.ts';
import type { ModelSource, TensorEntry } from '../weights/source.ts';
import { transposed } from '../weights/transpose.ts';
import { type BaseDtype, type Held, heldAs, type MatrixUse, sameHeld } from './base-dtype.ts';
import { type Encoded, encodeRows } from './encode-rows.ts';
import { stackWeights } from './split-weight.ts';

/** Matrices from a source to where they are computed with, piece by piece, each rounded or repacked on its way. */

export interface Loader {
  memory: WritableMemory;
  source: ModelSource;
  config: DecoderConfig;
  dtype: BaseDtype;
  warnings: string[];
  squaredNorms: Map<string, number>;
  progress(bytes: number): void;
  signal?: AbortSignal;
  plan: boolean;
  largestBinding: number;
}

/** One tensor of those that become one weight. */
export interface RowPart {
  name: string;
  rows: number;
  cols: number;
  /** Our row i ← the file's row order[i]. */
  order: Uint32Array | null;
  /** Stored [in, out]. */
  transposed: boolean;
}

export function entryOf(loader: Loader, name: string): TensorEntry {
  const entry = loader.source.tensors.get(name);
  if (!entry)
    throw new UserError(
      'missing-tensor',
      `The model has no tensor called ${name}, which its architecture needs. Nothing was changed. Get the whole model again, or choose another.`,
    );
  return entry;
}

export async function readAll(loader: Loader, name: string): Promise<Float32Array> {
  const entry = entryOf(loader, name);
  loader.signal?.throwIfAborted();
  const values = await readFloats(loader.source, name);
  loader.progress(entry.bytes);
  return values;
}

/** Rows of all parts, one after another, as one weight. Neighbours that are held alike share their buffers. */
export async function loadRows(loader: Loader, use: MatrixUse, parts: readonly RowPart[]): Promise<Weight> {
  const groups: { held: Held; parts: RowPart[] }[] = [];
  for (const part of parts) {
    const held = await chooseHeld(loader, use, part);
    const last = groups.at(-1);
    if (last && sameHeld(last.held, held)) last.parts.push(part);
    else groups.push({ held, parts: [part] });
  }
  const weights: Weight[] = [];
  for (const group of groups) weights.push(await loadGroup(loader, group.held, group.parts));
  return stackWeights(weights, loader.largestBinding);
}

async function chooseHeld(loader: Loader, use: MatrixUse, part: RowPart): Promise<Held> {
  const { dtype } = loader;
  const entry = entryOf(loader, part.name);
  const held = heldAs(entry.stored, part.cols, use, dtype);
  if (dtype !== 'f16' && held.type === 'f16' && entry.stored === 'BF16' && !(await fitsHalf(loader, entry))) {
    warnOnce(
      loader,
      'bfloat16 weights do not all fit in half precision, so some are held as float32: more memory, the same values.',
    );
    return { type: 'f32' };
  }
  if (use === 'linear' && (dtype === 'q8' || dtype === 'q4' || dtype === 'nf4') && !held.quant)
    warnOnce(
      loader,
      `Rows of ${part.cols} values cannot be held as ${dtype}, which takes blocks of ${dtype === 'nf4' ? 64 : 32}: such layers stay as in the file.`,
    );
  return held;
}

function warnOnce(loader: Loader, text: string): void {
  if (!loader.warnings.includes(text)) loader.warnings.push(text);
}

/** By the tensor of an open model, so that a plan and what it plans decide alike and look once. */
const fitting = new WeakMap<TensorEntry, Promise<boolean>>();
/** Small, since most tensors show within their first rows that they do not fit. */
const LOOK_BYTES = 256 * 1024;

function fitsHalf({ source }: Loader, entry: TensorEntry): Promise<boolean> {
  const known = fitting.get(entry);
  if (known) return known;
  const look = async () => {
    for await (const { bytes } of readRows(source, entry.name, 0, entry.shape[0], LOOK_BYTES))
      if (!bfloatsFitHalf(asHalfWords(bytes))) return false;
    return true;
  };
  const found = look();
  fitting.set(entry, found);
  // What could not be read is looked at again.
  found.catch(() => fitting.delete(entry));
  return found;
}

async function loadGroup(loader: Loader, held: Held, parts: readonly RowPart[]): Promise<Weight> {
  const { memory } = loader;
  const label = parts.map((part) => part.name).join(' ');
  const cols = parts[0].cols;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const shape = encodeRows.sizes(held, rows, cols);
  const data = memory.allocate(label, shape.data, 'base');
  const scales = shape.scales > 0 ? memory.allocate(`${label} scales`, shape.scales, 'base') : undefined;
  const write = (row: number, encoded: Encoded) => {
    memory.write(data, encoded.data, (shape.data / rows) * row);
    if (scales && encoded.scales) memory.write(scales, encoded.scales, (shape.scales / rows) * row);
  };
  let row0 = 0;
  for (const part of loader.plan ? [] : parts) {
    let squares = 0;
    for await (const chunk of rowChunks(loader, part)) {
      const encoded = encodeRows(chunk, held, part.name);
      squares += encoded.squares;
      write(row0 + chunk.row, encoded);
      await memory.settled();
    }
    loader.squaredNorms.set(part.name.replace(/\.weight$/, ''), squares);
    row0 += part.rows;
  }
  return { rows, cols, ...held, data, scales };
}

/** A part's rows in order: as stored where that will do, as float32 where columns must move. */
async function* rowChunks(
  loader: Loader,
  part: RowPart,
): AsyncGenerator<{ row: number; stored: TensorEntry['stored']; bytes: Uint8Array }> {
  const entry = entryOf(loader, part.name);
  if (part.transposed) {
    const values = transposed(await readAll(loader, part.name), part.cols, part.rows);
    yield { row: 0, stored: 'F32', bytes: new Uint8Array(values.buffer) };
    return;
  }
  // Rows that move may come from anywhere: such a tensor (GPT-NeoX's q, k, v) is read whole.
  const most = part.order ? entry.bytes : pieceBytes(entry);
  for await (const { rowBegin, bytes } of readRows(loader.source, part.name, 0, part.rows, most)) {
    loader.signal?.throwIfAborted();
    loader.progress(bytes.length);
    yield {
      row: rowBegin,
      stored: entry.stored,
      bytes: part.order ? reordered(bytes, part.order) : bytes,
    };
  }
}

/** As many bytes as stay within the bound for a piece when they are decoded to float32. */
function pieceBytes({ stored }: TensorEntry): number {
  const { values, bytes } = blockOf(stored);
  return Math.floor((MAX_PIECE_BYTES * bytes) / (4 * values));
}

function reordered(bytes: Uint8Array, order: Uint32Array): Uint8Array {
  const rowBytes = bytes.length / order.length;
  const moved = new Uint8Array(bytes.length);
  order.forEach((from, row) => {
    moved.set(bytes.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes);
  });
  return moved;
}
