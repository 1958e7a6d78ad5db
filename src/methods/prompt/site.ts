import type { DecoderConfig } from '../../model/config.ts';
import type { AdapterModule } from '../../model/modules.ts';
import type { Parameter } from '../types.ts';

/** Of PEFT's tensor, which has no path in front. */
export const PROMPT = 'prompt_embeddings';

/** The one site of a soft prompt: its rows take no part in a layer. */
export function promptSite({ hidden }: Pick<DecoderConfig, 'hidden'>, virtualTokens: number): AdapterModule {
  return { layer: 0, target: 'prompt', path: 'prompt', in: hidden, out: virtualTokens };
}

/** P [virtual tokens, hidden]. */
export function promptParameter({ in: hidden, out: virtualTokens }: AdapterModule): Parameter {
  return { name: PROMPT, shape: [virtualTokens, hidden], group: 0 };
}
