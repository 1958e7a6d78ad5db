import type { Method } from '../method.ts';
import { randomRows } from '../prompt/start.ts';
import type { PrefixSettings } from '../types.ts';
import { prefixLayout } from './layout.ts';
import { prefixMoved } from './moved.ts';
import { keyColumns, PREFIX, prefixParameter, prefixSite } from './site.ts';
import { startOn } from './start.ts';

/**
 * Trained keys and values of n virtual tokens in every layer, which each row's tokens see in front of their own (Li and
 * Liang, arXiv 2101.00190, without its reparametrisation). No rotation is on the keys, and the row's positions begin at
 * n, as in PEFT.
 */
export const prefix: Method<PrefixSettings> = {
  id: 'prefix',
  sites: (config, { virtualTokens }) => [prefixSite(config, virtualTokens)],
  virtualTokens: ({ virtualTokens }) => virtualTokens,
  parameters: (site) => [prefixParameter(site)],
  groups: () => [{ name: 'prefix', rate: 1 }],
  start: (site, _parameter, _settings, seed) => randomRows(site, seed),
  startOn,
  moved: (weights, begun, { layers }) => prefixMoved(weights, begun, layers),
  heldBy: ({ id, label }) =>
    id === 'peft'
      ? 'as is'
      : {
          refused: `The format ${label} has no place for trained keys and values, and they cannot be merged into the model’s weights. Export the adapter for PEFT, or train it as LoRA.`,
        },
  words: ({ virtualTokens }) => ({
    title: 'Prefix',
    tag: 'prefix-tuning',
    rows: [['Virtual tokens', String(virtualTokens)]],
  }),
  peft: {
    type: 'PREFIX_TUNING',
    fields: ({ virtualTokens }, config) => ({
      num_attention_heads: config.kvHeads,
      num_layers: config.layers,
      num_transformer_submodules: 1,
      num_virtual_tokens: virtualTokens,
      token_dim: keyColumns(config),
    }),
    tensor: () => PREFIX,
  },
  layout: prefixLayout,
};
