import { UserError } from '../errors.ts';
import { adapterDigest } from '../methods/digest.ts';
import { methodOf } from '../methods/list.ts';
import type { AdapterWeights } from '../methods/types.ts';
import type { AdapterModule } from '../model/modules.ts';
import { floatsToHalves } from '../weights/half.ts';
import { readFloats } from '../weights/load.ts';
import { float32Bytes } from '../weights/safetensors.ts';
import type { ModelSource } from '../weights/source.ts';
import type { ExportModel } from './format.ts';

/** Merging: W' = W + ΔW, one tensor at a time, so that memory holds one matrix. */

/** A base tensor as float32 with its adapter merged in, where there is one. Stored [out, in], or [in, out] for GPT-2's Conv1D. */
export async function mergedFloats(
  { source, config }: ExportModel,
  weights: AdapterWeights | null,
  name: string,
): Promise<Float32Array> {
  const values = await readFloats(source, name);
  const module = weights?.modules.find(({ path }) => `${path}.weight` === name);
  if (weights && module) addDelta(values, module, weights, config.family.tensors.conv1d);
  const biased = weights?.modules.find(({ path }) => `${path}.bias` === name);
  const factors = weights && biased && methodOf(weights.settings).biasFactors?.(weights, biased);
  return factors ? values.map((value, i) => value * factors[i]) : values;
}

function addDelta(
  values: Float32Array,
  module: AdapterModule,
  weights: AdapterWeights,
  conv1d: boolean,
): void {
  const { id, delta } = methodOf(weights.settings);
  if (!delta) throw new RangeError(`the method ${id} changes no weight`);
  const [between, step] = conv1d ? [1, module.out] : [module.in, 1];
  const base = (row: number) =>
    step === 1
      ? values.subarray(row * between, (row + 1) * between)
      : Float32Array.from({ length: module.in }, (_, i) => values[row + i * step]);
  let o = 0;
  for (const row of delta(weights, module, base)) {
    for (let i = 0; i < module.in; i++) values[o * between + i * step] += row[i];
    o++;
  }
}

/** Digests of the adapters that a merged model has in it: those of its base, and the one that is merged now. */
export function mergedAdapters(
  { mergedAdapters: before = [] }: Pick<ModelSource, 'mergedAdapters'>,
  weights: AdapterWeights | null,
): string[] {
  return weights && weights.modules.length > 0 ? [...before, adapterDigest(weights)] : [...before];
}

/** float32 → bytes of the type. @throws UserError `does-not-fit` where a value is beyond a half's range. */
export function storedAs(values: Float32Array, dtype: 'f32' | 'f16', name: string): Uint8Array<ArrayBuffer> {
  if (dtype === 'f32') return float32Bytes(values) as Uint8Array<ArrayBuffer>;
  const halves = floatsToHalves(values);
  for (let i = 0; i < halves.length; i++) {
    if ((halves[i] & 0x7c00) === 0x7c00)
      throw new UserError(
        'does-not-fit',
        `The merged tensor ${name} has a value that is too large for f16. Export it as f32.`,
      );
  }
  return new Uint8Array(halves.buffer as ArrayBuffer);
}
