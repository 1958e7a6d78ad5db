import { adapterModules, exactTargets } from '../../model/families/names.ts';
import type { Method } from '../method.ts';
import { movesBase } from '../names.ts';
import type { LoraSettings, Parameter } from '../types.ts';
import { loraGroups } from './groups.ts';
import { loraLayout } from './layout.ts';
import { loraDelta, squaredLoraDelta } from './matrices.ts';
import { asPlainLora, heldRank } from './moved.ts';
import { roundedLayout } from './rounded.ts';
import { initialA } from './start.ts';
import { startOn } from './starts/list.ts';
import { observedParameters, observerLayout } from './starts/observer.ts';

/** y = Wx + s·B(Ax) with A [rank, in] and B [out, rank] trained (Hu et al., arXiv 2106.09685). */
export const lora: Method<LoraSettings> = {
  id: 'lora',
  sites: (config, { targets }) => adapterModules(config, targets),
  parameters(site, settings) {
    if (settings.observes) return observedParameters(site, settings);
    const rank = heldRank(settings, site);
    const groupOfB = loraGroups(settings).length - 1;
    const parameter = (name: string, shape: Parameter['shape'], group: number): Parameter => ({
      ...{ name, shape, group },
      ...(movesBase(settings) && { frozen: (shape[0] * shape[1]) / 2 }),
    });
    return [parameter('lora_A', [rank, site.in], 0), parameter('lora_B', [site.out, rank], groupOfB)];
  },
  groups: loraGroups,
  start: (site, parameter, _settings, seed) =>
    parameter.name === 'lora_A'
      ? initialA(site, parameter.shape[0], seed)
      : new Float32Array(size(parameter)),
  startOn,
  delta: loraDelta,
  squaredDelta: squaredLoraDelta,
  heldBy({ merged, label }, { start }) {
    if (!merged) return 'as is';
    return start === 'loftq'
      ? {
          refused: `An adapter that began with LoftQ makes up for the rounding of the base that it was trained on, and the format ${label} would merge it into the weights as they were before. Export the adapter, and use it on the base in the precision of the run.`,
        }
      : 'merged only';
  },
  exported: asPlainLora,
  words: ({ rank, alpha, dropout, rsLora, targets }) => ({
    title: 'LoRA adapter',
    tag: 'lora',
    rows: [
      ['Rank, alpha, dropout', `${rank}, ${alpha}, ${dropout}${rsLora ? ' (rank-stabilised)' : ''}`],
      ['Target modules', targets.map((target) => `\`${target}\``).join(', ')],
    ],
  }),
  peft: {
    type: 'LORA',
    fields: ({ rank, alpha, dropout, rsLora, rankPattern, alphaPattern }, config, sites) => ({
      bias: 'none',
      fan_in_fan_out: config.family.tensors.conv1d,
      init_lora_weights: true,
      lora_alpha: alpha,
      lora_dropout: dropout,
      modules_to_save: null,
      r: rank,
      target_modules: exactTargets(config, sites),
      ...(rsLora ? { use_rslora: true } : {}),
      ...(hasEntries(rankPattern) ? { rank_pattern: rankPattern } : {}),
      ...(hasEntries(alphaPattern) ? { alpha_pattern: alphaPattern } : {}),
    }),
    tensor: ({ path }, { name }) => `base_model.model.${path}.${name}.weight`,
  },
  layout(base, modules, settings) {
    if (settings.observes) return observerLayout(base, modules, settings);
    const layout = loraLayout(base, modules, settings);
    return settings.mergeTarget ? roundedLayout(layout, settings.mergeTarget) : layout;
  },
};

function size({ shape }: Parameter): number {
  return shape[0] * shape[1];
}

function hasEntries(pattern: Readonly<Record<string, number>> | undefined): boolean {
  return Object.keys(pattern ?? {}).length > 0;
}
