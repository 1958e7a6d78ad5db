import { valuesOf } from '../keys.ts';
import type { MovedPart } from '../method.ts';
import type { AdapterWeights, PrefixSettings } from '../types.ts';
import { prefixParameter } from './site.ts';

/** RMS of P − P⁰ over the keys, and over the values, of each layer. */
export function prefixMoved(
  weights: AdapterWeights<PrefixSettings>,
  begun: AdapterWeights | null,
  layers: number,
): MovedPart[] | null {
  if (!begun) return null;
  const [site] = weights.modules;
  const { in: columns, out: rows } = site;
  const parameter = prefixParameter(site);
  const [now, before] = [valuesOf(weights, site, parameter), valuesOf(begun, site, parameter)];
  const width = columns / (2 * layers);
  return Array.from({ length: 2 * layers }, (_, part) => {
    let squares = 0;
    for (let row = 0; row < rows; row++)
      for (let at = row * columns + part * width, end = at + width; at < end; at++)
        squares += (now[at] - before[at]) ** 2;
    return {
      layer: part >> 1,
      target: part % 2 === 0 ? 'keys' : 'values',
      value: Math.sqrt(squares / (rows * width)),
    };
  });
}
