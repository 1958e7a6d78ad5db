import { valuesOf } from '../keys.ts';
import type { MovedPart } from '../method.ts';
import type { AdapterWeights, PromptSettings } from '../types.ts';
import { promptParameter } from './site.ts';

/** ‖pᵢ − pᵢ⁰‖ / ‖pᵢ⁰‖ of each virtual token; of one that began as zeros, beside the mean length at the start. */
export function promptMoved(
  weights: AdapterWeights<PromptSettings>,
  begun: AdapterWeights | null,
): MovedPart[] | null {
  if (!begun) return null;
  const [site] = weights.modules;
  const parameter = promptParameter(site);
  const [now, before] = [valuesOf(weights, site, parameter), valuesOf(begun, site, parameter)];
  const rows = Array.from({ length: site.out }, (_, i) => {
    let [apart, length] = [0, 0];
    for (let at = i * site.in; at < (i + 1) * site.in; at++) {
      apart += (now[at] - before[at]) ** 2;
      length += before[at] ** 2;
    }
    return { apart: Math.sqrt(apart), length: Math.sqrt(length) };
  });
  const mean = rows.reduce((sum, { length }) => sum + length, 0) / rows.length;
  return rows.map(({ apart, length }, layer) => ({
    layer,
    target: site.target,
    value: apart / (length || mean || 1),
  }));
}
