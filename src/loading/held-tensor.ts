import type { DecoderConfig } from '../model/config.ts';
import { decodeToFloats } from '../weights/convert.ts';
import { readFloats, readRows, rowsOf, tensorOf } from '../weights/load.ts';
import type { ModelSource } from '../weights/source.ts';
import { transposed } from '../weights/transpose.ts';
import { type BaseDtype, heldAs, matrixUse } from './base-dtype.ts';
import { heldValues } from './encode-rows.ts';

/**
 * A tensor with the values that our kernels decode where the base is held as `dtype`, as float32 and in the shape as
 * stored: for starts that look at the base, for the engine that computes in float32 alone, and for tests.
 * @throws UserError as `encodeRows`
 */
export async function heldTensor(
  source: ModelSource,
  config: DecoderConfig,
  name: string,
  dtype: BaseDtype,
): Promise<Float32Array> {
  const entry = tensorOf(source, name);
  const { rows, width } = rowsOf(entry);
  const use = matrixUse(config, name, entry.shape);
  // Stored [in, out]: blocks run along the inputs.
  const conv1d = use === 'linear' && config.family.tensors.conv1d;
  const held = use && heldAs(entry.stored, conv1d ? rows : width, use, dtype);
  // Only what is chosen to be rounded is: the file's own values are all exact in float32.
  const rounded = held !== null && (held.quant !== undefined || dtype === 'f16');
  if (conv1d && rounded) {
    const bytes = new Uint8Array(transposed(await readFloats(source, name), rows, width).buffer);
    return transposed(heldValues({ stored: 'F32', bytes }, held, name), width, rows);
  }
  const values = new Float32Array(rows * width);
  for await (const { rowBegin, bytes } of readRows(source, name)) {
    const piece = rounded
      ? heldValues({ stored: entry.stored, bytes }, held, name)
      : decodeToFloats(bytes, entry.stored, name);
    values.set(piece, rowBegin * width);
  }
  return values;
}
