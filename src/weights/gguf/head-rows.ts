/**
 * llama.cpp rotates neighbouring rows of q and k for some architectures, where Hugging Face rotates row j of a head
 * with row j + headDim/2. Both orders of the rows of one head, D = headDim:
 *
 *   Hugging Face's row a·D/2 + j  =  GGUF's row 2j + a        a ∈ {0, 1}, j < D/2
 */
function interleavedRow(row: number, headDim: number): number {
  const inHead = row % headDim;
  const half = headDim / 2;
  return row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
}

/** Hugging Face's order → GGUF's. @param values [rows, width] */
export function interleaveHeads(
  values: Float32Array,
  heads: number,
  rows: number,
  width: number,
): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    result.set(values.subarray(row * width, (row + 1) * width), interleavedRow(row, rows / heads) * width);
  return result;
}

/** GGUF's order → Hugging Face's. @param stored whole heads, `rowBytes` a row */
export function separateHeads(stored: Uint8Array, headDim: number, rowBytes: number): Uint8Array {
  const ordered = new Uint8Array(stored.byteLength);
  const rows = stored.byteLength / rowBytes;
  for (let row = 0; row < rows; row++) {
    const from = interleavedRow(row, headDim) * rowBytes;
    ordered.set(stored.subarray(from, from + rowBytes), row * rowBytes);
  }
  return ordered;
}

/**
 * A fused q, k, v with the three of each head one after another → all of q, then k, then v:
 * [heads, 3, headDim, width] → [3, heads, headDim, width].
 */
export function headsApart(values: Float32Array, heads: number, rows: number, width: number): Float32Array {
  const result = new Float32Array(values.length);
  const block = (rows / heads / 3) * width;
  for (let head = 0; head < heads; head++)
    for (let part = 0; part < 3; part++) {
      const from = (head * 3 + part) * block;
      result.set(values.subarray(from, from + block), (part * heads + head) * block);
    }
  return result;
}
