import type { AdapterModule } from '../../model/modules.ts';
import { frozen } from '../../model/sublayers/linear.ts';
import { type DecoderWeights, withLinears } from '../../model/weights.ts';
import { parameterKey, valuesOf } from '../keys.ts';
import type { AdaptedWeights, AdapterLayout, FlatViews } from '../method.ts';
import type { PromptSettings } from '../types.ts';
import { PROMPT, promptParameter } from './site.ts';

/** The prompt alone, row after row. */
export function promptLayout(
  base: DecoderWeights,
  modules: readonly AdapterModule[],
  settings: PromptSettings,
): AdapterLayout {
  const [site] = modules;
  const length = site.in * site.out;
  return {
    length,
    frozen: 0,
    trained: settings,
    groups: [{ name: 'prompt', rate: 1, begin: 0, length }],
    modules,
    pack: (weights) => Float32Array.from(valuesOf(weights, site, promptParameter(site))),
    unpack: (flat) => ({
      settings,
      modules: [...modules],
      values: new Map([[parameterKey(site.path, PROMPT), flat.slice(0, length)]]),
    }),
    adapt: (views) => beside(base, site, views),
  };
}

function beside(
  base: DecoderWeights,
  { in: cols, out: rows }: AdapterModule,
  { weights, gradients, firstMask }: FlatViews,
): AdaptedWeights {
  return {
    weights: withLinears(base, frozen),
    trained: { table: { rows, cols, type: 'f32', data: weights }, gradient: gradients },
    masks: { first: firstMask, modules: [] },
  };
}
