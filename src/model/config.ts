import type { Family } from './families/family.ts';
import type { DecoderTraits } from './traits.ts';

/**
 * A model as everything downstream reads it: what it computes, and its family, which knows what its tensors are
 * called. `parseConfig` (families/parse.ts) makes one from a `config.json`.
 */
export interface DecoderConfig extends DecoderTraits {
  family: Family;
}
