import type { AdapterModule } from '../../model/modules.ts';
import type { AdaptedLinear } from '../../model/sublayers/linear.ts';
import { type DecoderWeights, withLinears } from '../../model/weights.ts';
import { slice, type View } from '../../ops/memory.ts';
import { parameterKey } from '../keys.ts';
import { type Adapted, blocksOf, loraLayout } from '../lora/layout.ts';
import type { AdaptedWeights, AdapterLayout, FlatViews } from '../method.ts';
import type { LoraSettings } from '../types.ts';
import { doraAdapter } from './linear.ts';
import { MAGNITUDE, magnitudeOf } from './magnitude.ts';

/** A bound offset is a multiple of 256 bytes. */
const ALIGN = 64;

interface Place extends Adapted {
  /** First float of its rows among the magnitudes, and among the norms. */
  begin: number;
}

/**
 * LoRA's layout, and after it the magnitudes of all modules, block by block as their linears are fused: in the last
 * optimizer group, whose rate PEFT's LoRA+ gives them. Norms of rows lie as they do. With dropout each module is a block,
 * since each has an input of its own.
 */
export function doraLayout(
  base: DecoderWeights,
  modules: readonly AdapterModule[],
  settings: LoraSettings,
): AdapterLayout {
  const fused = settings.dropout === 0;
  const lora = loraLayout(base, modules, settings, fused);
  const { places, length } = placed(blocksOf(base, modules, settings, fused));
  const groups = lora.groups.map((group, i) =>
    i === lora.groups.length - 1 ? { ...group, length: group.length + length } : group,
  );
  return {
    ...lora,
    length: lora.length + length,
    groups,
    pack(weights) {
      const flat = new Float32Array(lora.length + length);
      flat.set(lora.pack(weights));
      for (const { module, begin, rowOrder } of places) {
        const m = magnitudeOf(weights, module);
        const rows = rowOrder ? m.map((_, row) => m[rowOrder[row]]) : m;
        flat.set(rows, lora.length + begin);
      }
      return flat;
    },
    unpack(flat) {
      const { values, ...weights } = lora.unpack(flat.subarray(0, lora.length));
      for (const [path, m] of byModule(places, flat.subarray(lora.length)))
        values.set(parameterKey(path, MAGNITUDE), m);
      return { ...weights, values };
    },
    norms: { length, unpack: (flat) => byModule(places, flat) },
    adapt: (views) => adaptWeights(lora, places, views),
  };
}

/** Gives the rows of every block their place, in order. */
function placed(blocks: readonly Adapted[][]): { places: Place[]; length: number } {
  let length = 0;
  const places = blocks.flatMap((block) => {
    let begin = Math.ceil(length / ALIGN) * ALIGN;
    const own = block.map((adapted): Place => {
      const place = { ...adapted, begin };
      begin += adapted.module.out;
      return place;
    });
    length = begin;
    return own;
  });
  return { places, length: Math.ceil(length / ALIGN) * ALIGN };
}

/** One value a row of each module, in PEFT's order of rows. */
function byModule(places: readonly Place[], flat: Float32Array): Map<string, Float32Array> {
  return new Map(
    places.map(({ module, begin, rowOrder }) => {
      const values = flat.slice(begin, begin + module.out);
      if (!rowOrder) return [module.path, values];
      const ordered = new Float32Array(module.out);
      values.forEach((value, row) => {
        ordered[rowOrder[row]] = value;
      });
      return [module.path, ordered];
    }),
  );
}

/** LoRA's adapters, each within DoRA's. */
function adaptWeights(lora: AdapterLayout, places: readonly Place[], views: FlatViews): AdaptedWeights {
  const adapted = lora.adapt(views);
  const begins = new Map(places.map(({ module, begin }) => [module.path, begin]));
  const emits: NonNullable<AdaptedWeights['norms']>[] = [];

  const around = (linear: AdaptedLinear): AdaptedLinear => {
    let outputs = 0;
    const calls = linear.calls.map((call) => {
      const { row0, n, adapter } = call;
      if (!adapter?.lora) return call;
      const { path } = linear.parts.find(({ begin }) => begin === row0)!;
      const at = (view: View, first: number) => slice(view, 4 * (first + begins.get(path)!), 4 * n);
      const norms = at(views.norms!, 0);
      const around = doraAdapter(
        { ...adapter, lora: adapter.lora },
        { n, k: linear.in },
        {
          m: at(views.weights, lora.length),
          gradient: at(views.gradients, lora.length),
          norms,
        },
      );
      emits.push((ops, of) =>
        ops.rowNorms({
          ...{ w: linear.weight, row0, n, k: linear.in, out: norms },
          ...(of === 'adapted' && { lora: adapter.lora }),
        }),
      );
      const outputColumn = outputs;
      outputs += n;
      return { ...call, adapter: around, outputColumn };
    });
    return { ...linear, calls, outputs };
  };

  return {
    ...adapted,
    weights: withLinears(adapted.weights, around),
    norms(ops, of) {
      for (const emit of emits) emit(ops, of);
    },
  };
}
