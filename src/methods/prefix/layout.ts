import type { AdapterModule } from '../../model/modules.ts';
import type { TrainedRows } from '../../model/sublayers/embedding.ts';
import { frozen } from '../../model/sublayers/linear.ts';
import { type DecoderWeights, withLinears } from '../../model/weights.ts';
import { slice } from '../../ops/memory.ts';
import { parameterKey, valuesOf } from '../keys.ts';
import type { AdaptedWeights, AdapterLayout, FlatViews } from '../method.ts';
import type { PrefixSettings } from '../types.ts';
import { PREFIX, prefixParameter } from './site.ts';

/** Bound offsets are multiples of 256 bytes. */
const ALIGN = 64;

/** Keys of the first layer [n, kvHeads · headDim], its values, keys of the second, …, each where it can be bound. */
export function prefixLayout(
  base: DecoderWeights,
  modules: readonly AdapterModule[],
  settings: PrefixSettings,
): AdapterLayout {
  const [site] = modules;
  const parts = 2 * base.layers.length;
  const width = site.in / parts;
  const stride = Math.ceil((site.out * width) / ALIGN) * ALIGN;
  const length = parts * stride;
  /** Calls `visit` with where each run of `width` values lies in PEFT's tensor and here. */
  const visit = (each: (theirs: number, ours: number) => void) => {
    for (let row = 0; row < site.out; row++)
      for (let part = 0; part < parts; part++)
        each(row * site.in + part * width, part * stride + row * width);
  };
  return {
    length,
    frozen: 0,
    trained: settings,
    groups: [{ name: 'prefix', rate: 1, begin: 0, length }],
    modules,
    pack(weights) {
      const flat = new Float32Array(length);
      const values = valuesOf(weights, site, prefixParameter(site));
      visit((theirs, ours) => flat.set(values.subarray(theirs, theirs + width), ours));
      return flat;
    },
    unpack(flat) {
      const values = new Float32Array(site.in * site.out);
      visit((theirs, ours) => values.set(flat.subarray(ours, ours + width), theirs));
      return {
        settings,
        modules: [...modules],
        values: new Map([[parameterKey(site.path, PREFIX), values]]),
      };
    },
    adapt: (views) => beside(base, { rows: site.out, cols: width, stride }, views),
  };
}

function beside(
  base: DecoderWeights,
  { rows, cols, stride }: { rows: number; cols: number; stride: number },
  { weights, gradients, firstMask }: FlatViews,
): AdaptedWeights {
  const part = (number: number): TrainedRows => {
    const [offset, bytes] = [4 * number * stride, 4 * rows * cols];
    return {
      table: { rows, cols, type: 'f32', data: slice(weights, offset, bytes) },
      gradient: slice(gradients, offset, bytes),
    };
  };
  const plain = withLinears(base, frozen);
  const layers = plain.layers.map((layer, i) => ({
    ...layer,
    prefix: { k: part(2 * i), v: part(2 * i + 1) },
  }));
  return { weights: { ...plain, layers }, masks: { first: firstMask, modules: [] } };
}
