import type { Method } from '../method.ts';
import type { PromptSettings } from '../types.ts';
import { promptLayout } from './layout.ts';
import { promptMoved } from './moved.ts';
import { PROMPT, promptParameter, promptSite } from './site.ts';
import { randomRows, startOn } from './start.ts';

/**
 * x₀ = [P; E(ids)]: n trained embeddings P [n, hidden] in front of every row, the model itself untouched (Lester et al.,
 * arXiv 2104.08691). No loss is taken on them, and the row's positions begin at n, as in PEFT.
 */
export const prompt: Method<PromptSettings> = {
  id: 'prompt',
  sites: (config, { virtualTokens }) => [promptSite(config, virtualTokens)],
  virtualTokens: ({ virtualTokens }) => virtualTokens,
  parameters: (site) => [promptParameter(site)],
  groups: () => [{ name: 'prompt', rate: 1 }],
  start: (site, _parameter, _settings, seed) => randomRows(site, seed),
  startOn,
  moved: promptMoved,
  heldBy: ({ id, label }) =>
    id === 'peft'
      ? 'as is'
      : {
          refused: `The format ${label} has no place for trained embeddings, and they cannot be merged into the model’s weights. Export the adapter for PEFT, or train it as LoRA.`,
        },
  words: ({ virtualTokens }) => ({
    title: 'Soft prompt',
    tag: 'prompt-tuning',
    rows: [['Virtual tokens', String(virtualTokens)]],
  }),
  peft: {
    type: 'PROMPT_TUNING',
    fields: ({ virtualTokens }, { hidden, heads, layers }) => ({
      num_attention_heads: heads,
      num_layers: layers,
      num_transformer_submodules: 1,
      num_virtual_tokens: virtualTokens,
      token_dim: hidden,
    }),
    tensor: () => PROMPT,
  },
  layout: promptLayout,
};
