import type { AdapterModule } from '../../model/modules.ts';
import type { Linear, LinearAdapter } from '../../model/sublayers/linear.ts';
import { type DecoderWeights, linears, withLinears } from '../../model/weights.ts';
import { slice } from '../../ops/memory.ts';
import { inCalls } from '../calls.ts';
import { parameterKey } from '../keys.ts';
import type { AdaptedWeights, AdapterLayout, FlatViews } from '../method.ts';
import { type AdapterWeights, asIa3, type Ia3Settings } from '../types.ts';
import { factorsOf, IA3, scalesInput } from './factors.ts';
import { type Factors, scaledInput, scaledOutput } from './linear.ts';

/** Bound offsets are multiples of 256 bytes. */
const ALIGN = 64;

/** Where the factors of a module lie. */
interface Place {
  module: AdapterModule;
  begin: number;
  length: number;
  /** Where the base keeps rows of a fused weight in another order: row i of ours is row `rowOrder[i]` of PEFT's. */
  rowOrder?: Uint32Array;
}

/** Neighbours within a linear whose outputs are scaled by one call, or one module whose inputs are. */
interface Run {
  byInput: boolean;
  places: Place[];
}

/** Runs of adapted parts, linear by linear; parts with biases of their own stay apart unless the linear is whole. */
function runsOf(linear: Linear, modules: ReadonlyMap<string, AdapterModule>, settings: Ia3Settings): Run[] {
  const runs: Run[] = [];
  const scalesOutput = (path: string) => modules.has(path) && !scalesInput(settings, { path });
  const joins = !linear.bias || linear.parts.every(({ path }) => scalesOutput(path));
  let open: Run | null = null;
  for (const { path, rowOrder } of linear.parts) {
    const module = modules.get(path);
    const byInput = !scalesOutput(path);
    const place = module && {
      ...{ module, begin: 0, length: byInput ? module.in : module.out },
      rowOrder: byInput ? undefined : rowOrder,
    };
    if (open && !byInput && place) open.places.push(place);
    else if (place) runs.push({ byInput, places: [place] });
    open = place && !byInput && joins ? (runs.at(-1) ?? null) : null;
  }
  return runs;
}

export function ia3Layout(
  base: DecoderWeights,
  modules: readonly AdapterModule[],
  settings: Ia3Settings,
): AdapterLayout {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const runs = base.layers.flatMap((layer) =>
    linears(layer).flatMap((linear) => runsOf(linear, byPath, settings)),
  );
  let length = 0;
  for (const { places } of runs) {
    for (const place of places) {
      place.begin = length;
      length += place.length;
    }
    length = Math.ceil(length / ALIGN) * ALIGN;
  }
  const places = runs.flatMap((run) => run.places);
  const inOrder = places.map(({ module }) => module);
  return {
    length,
    frozen: 0,
    trained: settings,
    groups: [{ name: 'l', rate: 1, begin: 0, length }],
    modules: inOrder,
    pack: (weights) => pack(places, length, weights),
    unpack: (flat) => ({ settings, modules: inOrder, values: unpack(places, flat) }),
    adapt: (views) => beside(base, runs, views),
  };
}

function pack(places: readonly Place[], length: number, weights: AdapterWeights): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(length);
  const own = { ...weights, settings: asIa3(weights.settings) };
  for (const { module, begin, rowOrder } of places) {
    const l = factorsOf(own, module);
    flat.set(rowOrder ? l.map((_, i) => l[rowOrder[i]]) : l, begin);
  }
  return flat;
}

function unpack(places: readonly Place[], flat: Float32Array): Map<string, Float32Array> {
  return new Map(
    places.map(({ module, begin, length, rowOrder }) => {
      const held = flat.subarray(begin, begin + length);
      const l = held.slice();
      if (rowOrder) for (let i = 0; i < length; i++) l[rowOrder[i]] = held[i];
      return [parameterKey(module.path, IA3), l];
    }),
  );
}

/** The base with each run's factors beside it. */
function beside(
  base: DecoderWeights,
  runs: readonly Run[],
  { weights, gradients, firstMask }: FlatViews,
): AdaptedWeights {
  const byPath = new Map(runs.map((run) => [run.places[0].module.path, run]));
  const scaled = ([{ path }]: Linear['parts']): LinearAdapter => {
    const { byInput, places } = byPath.get(path)!;
    const width = places.reduce((sum, { length }) => sum + length, 0);
    const [offset, bytes] = [4 * places[0].begin, 4 * width];
    const factors: Factors = {
      l: slice(weights, offset, bytes),
      gradient: slice(gradients, offset, bytes),
      width,
    };
    return byInput ? scaledInput(factors) : scaledOutput(factors);
  };
  const adapt = (linear: Linear) => inCalls(linear, (path) => byPath.get(path)?.places.length, scaled);
  return { weights: withLinears(base, adapt), masks: { first: firstMask, modules: [] } };
}
