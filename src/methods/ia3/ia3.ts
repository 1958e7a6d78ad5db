import { adapterModules, exactTargets } from '../../model/families/names.ts';
import type { Method } from '../method.ts';
import type { Ia3Settings } from '../types.ts';
import { factorsOf, IA3, ia3Parameter, scalesInput } from './factors.ts';
import { ia3Layout } from './layout.ts';

/** RMS of l − 1: ‖W' − W‖ / ‖W‖ of a weight whose rows, or columns, are all of one length. */
function distanceToOne(l: Float32Array): number {
  return Math.sqrt(l.reduce((sum, value) => sum + (value - 1) ** 2, 0) / l.length);
}

/**
 * (IA)³: y = l∘(Wx + b) with one trained factor an output, or in feed-forward layers y = W(l∘x) + b with one an input;
 * l begins as 1 (Liu et al., arXiv 2205.05638).
 */
export const ia3: Method<Ia3Settings> = {
  id: 'ia3',
  sites: (config, { targets }) => adapterModules(config, targets),
  parameters: (site, settings) => [ia3Parameter(site, settings)],
  groups: () => [{ name: 'l', rate: 1 }],
  start: (_site, { shape }) => new Float32Array(shape[0] * shape[1]).fill(1),
  *delta(weights, site, base) {
    const l = factorsOf(weights, site);
    const byInput = scalesInput(weights.settings, site);
    const delta = new Float64Array(site.in);
    for (let row = 0; row < site.out; row++) {
      const values = base(row);
      for (let i = 0; i < site.in; i++) delta[i] = (l[byInput ? i : row] - 1) * values[i];
      yield delta;
    }
  },
  // Of any start the distance to the base is what people ask for.
  moved: (weights) =>
    weights.modules.map((site) => ({ ...site, value: distanceToOne(factorsOf(weights, site)) })),
  biasFactors: (weights, site) => (scalesInput(weights.settings, site) ? null : factorsOf(weights, site)),
  heldBy: ({ id, merged }) => (id === 'peft' && !merged ? 'as is' : 'merged only'),
  words: ({ targets }) => ({
    title: '(IA)³ adapter',
    tag: 'ia3',
    rows: [['Target modules', targets.map((target) => `\`${target}\``).join(', ')]],
  }),
  peft: {
    type: 'IA3',
    fields(settings, config, sites) {
      const names = (input: boolean) =>
        exactTargets(
          config,
          sites.filter((site) => scalesInput(settings, site) === input),
        );
      const feedForward = names(true);
      return {
        fan_in_fan_out: config.family.tensors.conv1d,
        feedforward_modules: feedForward,
        init_ia3_weights: true,
        modules_to_save: null,
        target_modules: [...names(false), ...feedForward],
      };
    },
    tensor: ({ path }) => `base_model.model.${path}.${IA3}`,
  },
  layout: ia3Layout,
};
