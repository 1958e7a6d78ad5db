import { matchesTarget } from '../../model/families/names.ts';
import type { AdapterModule } from '../../model/modules.ts';
import { valuesOf } from '../keys.ts';
import type { AdapterWeights, Ia3Settings, Parameter } from '../types.ts';

/** As PEFT names it. */
export const IA3 = 'ia3_l';

/** Whether the factors of a module are of its inputs, not of its outputs. */
export function scalesInput({ feedForward }: Ia3Settings, { path }: Pick<AdapterModule, 'path'>): boolean {
  return feedForward.some((target) => matchesTarget(path, target));
}

/** l [out, 1], or [1, in] where the inputs are scaled. */
export function ia3Parameter(site: AdapterModule, settings: Ia3Settings): Parameter {
  return { name: IA3, shape: scalesInput(settings, site) ? [1, site.in] : [site.out, 1], group: 0 };
}

/** @throws UserError `adapter-mismatch` where they are missing or not so many */
export function factorsOf(weights: AdapterWeights<Ia3Settings>, site: AdapterModule): Float32Array {
  return valuesOf(weights, site, ia3Parameter(site, weights.settings));
}
