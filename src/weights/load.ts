import { blockOf, decodeToFloats } from './convert.ts';
import { separateHeads } from './gguf/head-rows.ts';
import type { ModelSource, TensorEntry } from './source.ts';

/** Reading tensors in pieces, so that the JS heap never holds a whole model. */

/** No piece is larger (architecture.md); a single row always fits in one. */
export const MAX_PIECE_BYTES = 16 * 2 ** 20;

export interface RowPiece {
  /** Rows [rowBegin, rowEnd) of the tensor, in Hugging Face's order. */
  rowBegin: number;
  rowEnd: number;
  /** As stored. */
  bytes: Uint8Array;
}

/** Rows of a tensor: the first dimension; a vector's elements are rows of one value. */
export function rowsOf(entry: TensorEntry): { rows: number; width: number; rowBytes: number } {
  const rows = entry.shape.length === 0 ? 1 : entry.shape[0];
  const width = entry.shape.slice(1).reduce((product, size) => product * size, 1);
  const { values, bytes } = blockOf(entry.stored);
  return { rows, width, rowBytes: (width / values) * bytes };
}

/**
 * The rows [rowBegin, rowEnd) of a tensor, piece by piece, with the rows of interleaved rotary heads
 * (`permutedHeads`) put back into Hugging Face's order: row h·D + a·D/2 + j comes from stored row h·D + 2j + a.
 */
export async function* readRows(
  source: ModelSource,
  name: string,
  rowBegin = 0,
  rowEnd = Number.POSITIVE_INFINITY,
  maxBytes = MAX_PIECE_BYTES,
): AsyncGenerator<RowPiece> {
  const entry = tensorOf(source, name);
  const { rows, rowBytes } = rowsOf(entry);
  const end = Math.min(rowEnd, rows);
  const head = entry.permutedHeads ? rows / entry.permutedHeads : 1;
  // Whole heads only, where their rows must be put in order.
  const step = Math.max(1, Math.floor(maxBytes / rowBytes / head)) * head;
  let begin = rowBegin;
  while (begin < end) {
    const from = begin - (begin % head);
    const to = Math.min(from + step, rows);
    const stored = await source.read(name, from * rowBytes, to * rowBytes);
    const ordered = entry.permutedHeads ? separateHeads(stored, head, rowBytes) : stored;
    const until = Math.min(to, end);
    yield {
      rowBegin: begin,
      rowEnd: until,
      bytes: ordered.subarray((begin - from) * rowBytes, (until - from) * rowBytes),
    };
    begin = until;
  }
}

/**
 * A whole tensor as float32: for norms, biases, tests and merging one layer at a time.
 * @throws UserError `not-finite`
 */
export async function readFloats(source: ModelSource, name: string): Promise<Float32Array> {
  const { rows, width } = rowsOf(tensorOf(source, name));
  const values = new Float32Array(rows * width);
  for await (const piece of readRows(source, name)) {
    values.set(decodeToFloats(piece.bytes, tensorOf(source, name).stored, name), piece.rowBegin * width);
  }
  return values;
}

export function tensorOf(source: ModelSource, name: string): TensorEntry {
  const entry = source.tensors.get(name);
  if (!entry) throw new Error(`no tensor ${name}`);
  return entry;
}
