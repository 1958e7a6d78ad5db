import { adapterDigest } from '../../methods/digest.ts';
import type { AdapterWeights } from '../../methods/types.ts';
import type { ModelSource } from '../../weights/source.ts';

/** What a person should know of an adapter on this model, in sentences. */
export function adapterNotes(
  weights: AdapterWeights,
  { mergedAdapters = [] }: Pick<ModelSource, 'mergedAdapters'>,
): string[] {
  // Large adapters take a while to digest, and few models have one in them.
  return mergedAdapters.length > 0 && mergedAdapters.includes(adapterDigest(weights))
    ? [
        'This adapter is merged into the model already: on top of it, it counts twice. Open the model that it was trained on, or use the model without an adapter.',
      ]
    : [];
}
