import type { AdapterModule } from '../../model/modules.ts';
import { valuesOf } from '../keys.ts';
import { movesBase } from '../names.ts';
import { type AdapterWeights, asLora, type LoraSettings } from '../types.ts';
import { rankOf } from './scale.ts';

/**
 * Starts that take s·B₀A₀ off the base, so that the adapted model begins as the base although B does not begin as 0
 * (PiSSA, OLoRA). The base itself is never written to: beside the trained A and B of each module stand A₀ and −B₀,
 * which no step changes,
 *
 *     y = Wx + s·BAx − s·B₀A₀x = Wx + s·[B, −B₀][A; A₀]x,
 *
 * whatever the base is held as. An adapter of such a start keeps the stacked matrices, `lora_A` [2r, in] and `lora_B`
 * [out, 2r]: LoRA of rank 2r with the same s. (PEFT converts its own so when they are saved: `subtract_mutated_init`.)
 */

/** Rows of a module's A and columns of its B, with those that are frozen. */
export function heldRank(settings: LoraSettings, site: Pick<AdapterModule, 'path'>): number {
  return (movesBase(settings) ? 2 : 1) * rankOf(settings, site);
}

/** Of the trained parameters alone. */
export function withoutStart({ start: _, ...settings }: LoraSettings): LoraSettings {
  return settings;
}

/**
 * The same adapter as any program knows it, on the base as it is: where the base was moved, plain LoRA of rank 2r and
 * 2·alpha, or √2·alpha where it is rank-stabilised, so that s stays what it is.
 */
export function asPlainLora(weights: AdapterWeights): AdapterWeights<LoraSettings> {
  const settings = asLora(weights.settings);
  if (!settings.start) return { ...weights, settings };
  const plain = withoutStart(settings);
  if (!movesBase(settings)) return { ...weights, settings: plain };
  const times = (pattern: Readonly<Record<string, number>> | undefined, factor: number) =>
    pattern && Object.fromEntries(Object.entries(pattern).map(([key, value]) => [key, factor * value]));
  const factor = settings.rsLora ? Math.SQRT2 : 2;
  const { rankPattern, alphaPattern } = settings;
  return {
    ...weights,
    settings: {
      ...plain,
      rank: 2 * settings.rank,
      alpha: factor * settings.alpha,
      ...(rankPattern && { rankPattern: times(rankPattern, 2) }),
      ...(alphaPattern && { alphaPattern: times(alphaPattern, factor) }),
    },
  };
}

/** [A; A₀] and [B, −B₀] of a module that begins with A₀ and B₀. */
export function besideStart(
  { in: width, out }: AdapterModule,
  a: Float32Array,
  b: Float32Array,
): { a: Float32Array; b: Float32Array } {
  const rank = a.length / width;
  const stackedA = new Float32Array(2 * a.length);
  stackedA.set(a);
  stackedA.set(a, a.length);
  const stackedB = new Float32Array(2 * b.length);
  for (let row = 0; row < out; row++)
    for (let r = 0; r < rank; r++) {
      stackedB[2 * row * rank + r] = b[row * rank + r];
      stackedB[(2 * row + 1) * rank + r] = -b[row * rank + r];
    }
  return { a: stackedA, b: stackedB };
}

/** A and B of a module as they lie in `AdapterWeights`, with what is frozen. @throws UserError `adapter-mismatch` */
export function heldMatrices(
  weights: AdapterWeights,
  site: AdapterModule,
): { rank: number; a: Float32Array; b: Float32Array } {
  const rank = heldRank(asLora(weights.settings), site);
  return {
    rank,
    a: valuesOf(weights, site, { name: 'lora_A', shape: [rank, site.in] }),
    b: valuesOf(weights, site, { name: 'lora_B', shape: [site.out, rank] }),
  };
}
