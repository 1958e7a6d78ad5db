import type { DecoderConfig } from '../../model/config.ts';
import type { GgufForm } from '../../model/families/family.ts';
import { interleavedHeads } from './config.ts';
import { headsApart, interleaveHeads } from './head-rows.ts';

/**
 * The output rows of a linear layer as llama.cpp has them: those of q and k interleaved where it rotates neighbouring
 * rows, and a fused q, k, v in thirds, also where Hugging Face has the three of one head after another.
 * @param name as Hugging Face has it, with or without `.weight` and `.bias`
 * @param values [rows, width]
 */
export function rowsForGguf(
  values: Float32Array,
  name: string,
  config: DecoderConfig,
  form: GgufForm,
  rows: number,
): Float32Array {
  const width = values.length / rows;
  const heads = interleavedHeads(name, config.family, form, config);
  if (heads) return interleaveHeads(values, heads, rows, width);
  const stem = name.replace(/\.(weight|bias)$/, '');
  const fused = config.family.tensors.linears.find(
    ({ path, split }) => split === 'heads' && stem.endsWith(`.${path}`),
  );
  return fused ? headsApart(values, config.heads, rows, width) : values;
}
