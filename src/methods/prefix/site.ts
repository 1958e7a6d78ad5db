import type { DecoderConfig } from '../../model/config.ts';
import type { AdapterModule } from '../../model/modules.ts';
import type { Parameter } from '../types.ts';

/** Of PEFT's tensor, which has no path in front. */
export const PREFIX = 'prompt_embeddings';

/** Columns of a layer's keys, and of its values. */
export function keyColumns({ kvHeads, headDim }: Pick<DecoderConfig, 'kvHeads' | 'headDim'>): number {
  return kvHeads * headDim;
}

/** The one site of a prefix: keys and values of all layers. */
export function prefixSite(config: DecoderConfig, virtualTokens: number): AdapterModule {
  const columns = 2 * config.layers * keyColumns(config);
  return { layer: 0, target: 'prefix', path: 'prefix', in: columns, out: virtualTokens };
}

/** [virtual tokens, layers · 2 · kvHeads · headDim]: keys of the first layer, its values, keys of the second, … */
export function prefixParameter({ in: columns, out: virtualTokens }: AdapterModule): Parameter {
  return { name: PREFIX, shape: [virtualTokens, columns], group: 0 };
}
