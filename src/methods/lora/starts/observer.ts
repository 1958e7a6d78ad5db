import type { AdapterModule } from '../../../model/modules.ts';
import type { AdaptedLinear, Linear, LinearAdapter, LinearCall } from '../../../model/sublayers/linear.ts';
import { matrix } from '../../../model/sublayers/sublayer.ts';
import { type DecoderWeights, withLinears } from '../../../model/weights.ts';
import { slice, type View } from '../../../ops/memory.ts';
import type { LoraBlock } from '../../../ops/types.ts';
import { parameterKey, valuesOf } from '../../keys.ts';
import type { AdapterLayout } from '../../method.ts';
import type { AdapterWeights, LoraSettings, Parameter } from '../../types.ts';

/**
 * What stands beside a linear to learn about its inputs: the model computes as without it. Over the supervised rows X of
 * all batches that pass, with directions A [rank, in], it sums
 *
 *     products += A·XᵀX [rank, in],   sums += 1ᵀX [in],   and of one batch norms = ‖Xᵢ‖ of each chunk i of rows,
 *
 * by the operations that LoRA's gradient is made of: S = XAᵀ, and SᵀX. All of it are parameters of a site: they are set
 * and read as an adapter's are, and nothing is trained.
 */

/** Chunks of a batch that there is room for; a batch has as many as the head takes. */
const MOST_CHUNKS = 64;
/** Floats of a chunk's result: bound offsets are multiples of 256 bytes. */
const RESULT = 64;
/** Ranks are multiples of 4; of the sums' four rows the first is meant. */
const SUM_ROWS = 4;

export const OBSERVED = {
  directions: 'lora_A',
  products: 'products',
  sums: 'sums',
  norms: 'norms',
} as const;

export function observedParameters(site: AdapterModule, { rank }: LoraSettings): readonly Parameter[] {
  return [
    { name: OBSERVED.directions, shape: [rank, site.in], group: 0 },
    { name: OBSERVED.products, shape: [rank, site.in], group: 0 },
    { name: OBSERVED.sums, shape: [SUM_ROWS, site.in], group: 0 },
    { name: OBSERVED.norms, shape: [MOST_CHUNKS, RESULT], group: 0 },
  ];
}

/** ‖X‖² of the last batch, from what stands under `norms`. */
export function squaresOf(norms: Float32Array): number {
  let sum = 0;
  for (let at = 1; at < norms.length; at += RESULT) sum += norms[at] ** 2;
  return sum;
}

/** `rank` is a multiple of 4, and no two sites are parts of one linear. */
export function observerLayout(
  base: DecoderWeights,
  modules: readonly AdapterModule[],
  settings: LoraSettings,
): AdapterLayout {
  let length = 0;
  const places = modules.map((module) => {
    const parameters = observedParameters(module, settings).map(({ name, shape }) => {
      const at = length;
      length = Math.ceil((length + shape[0] * shape[1]) / RESULT) * RESULT;
      return { name, shape, at, floats: shape[0] * shape[1] };
    });
    return { module, parameters };
  });
  return {
    ...{ length, frozen: 0, trained: settings, modules },
    groups: [{ name: 'observed', rate: 0, begin: 0, length }],
    pack(weights) {
      const flat = new Float32Array(length);
      for (const { module, parameters } of places)
        for (const { name, shape, at } of parameters)
          flat.set(valuesOf(weights, module, { name, shape }), at);
      return flat;
    },
    unpack(flat): AdapterWeights {
      const values = new Map<string, Float32Array>();
      for (const { module, parameters } of places)
        for (const { name, at, floats } of parameters)
          values.set(parameterKey(module.path, name), flat.slice(at, at + floats));
      return { settings, modules: [...modules], values };
    },
    adapt({ weights, firstMask }) {
      const observers = new Map(
        places.map(({ module, parameters }) => {
          const [directions, products, sums, norms] = parameters.map(({ at, floats }) =>
            slice(weights, 4 * at, 4 * floats),
          );
          return [module.path, observer(settings.rank, { directions, products, sums, norms })];
        }),
      );
      const adapt = (linear: Linear): AdaptedLinear => {
        const found = linear.parts.find(({ path }) => observers.has(path));
        const call: LinearCall = { row0: 0, n: linear.out, bias: linear.bias, keptColumn: 0 };
        if (found) call.adapter = observers.get(found.path);
        return { ...linear, calls: [call], keptColumns: 0, workColumns: 0 };
      };
      return { weights: withLinears(base, adapt), masks: { first: firstMask, modules: [] } };
    },
  };
}

function observer(
  rank: number,
  at: { directions: View; products: View; sums: View; norms: View },
): LinearAdapter {
  const block = (rows: number, a: View): LoraBlock => ({
    ...{ rank: rows, scale: 1, dropout: 0, a, b: a },
    parts: [{ begin: 0, end: 0, module: 0 }],
  });
  return {
    columns: 0,
    workColumns: 0,
    forward({ ops, supervised }, { x, k, product }) {
      product();
      if (!supervised) return;
      const { index, ones, chunkRows, chunks } = supervised;
      if (chunks > MOST_CHUNKS)
        throw new RangeError(`a batch of ${chunks} chunks, of ${MOST_CHUNKS} that can be observed`);
      const rows = ops.scratch('observed rows', 4 * chunkRows * k);
      const inputs = matrix({ ...rows, size: 4 * chunkRows * k }, k);
      const s = matrix(ops.scratch('observed products', 4 * chunkRows * rank), rank);
      for (let chunk = 0; chunk < chunks; chunk++) {
        // The head's slots of dims; see model/sublayers/head.ts.
        const dims = 1 + chunk;
        ops.clear(inputs.view);
        ops.gatherRows({ x, index, out: inputs, width: k, dims });
        const result = slice(at.norms, 4 * RESULT * chunk, 4 * RESULT);
        ops.gradNorm({ gradients: inputs.view, count: chunkRows * k, result });
        const directions = block(rank, at.directions);
        ops.loraDown({ x: inputs, k, lora: directions, s, training: false, dims });
        const products = { a: at.products, b: at.products };
        ops.loraDownBackward({ ds: s, x: inputs, k, lora: directions, gradients: products, dims });
        const sums = { a: at.sums, b: at.sums };
        // The same four for every row, since a matrix of sums is read by fours.
        const each = { view: ones, stride: 0, column: 0 };
        ops.loraDownBackward({
          ds: each,
          x: inputs,
          k,
          lora: block(SUM_ROWS, at.sums),
          gradients: sums,
          dims,
        });
      }
    },
    backward: (_pass, { product }) => product(),
  };
}
