import { parseConfig } from '../../model/families/parse.ts';
import type { ModelSource } from '../../weights/source.ts';
import { parseSlices, stackedSource } from '../../weights/stacked.ts';

/** A model out of ranges of another's layers; the other is closed where they are none. @throws UserError `bad-slices` */
export function stackedModel(source: ModelSource, slices: string): ModelSource {
  try {
    const config = parseConfig(source.config, source.tensors, source.generationConfig);
    return stackedSource(source, config, parseSlices(slices, config.layers));
  } catch (error) {
    source.close();
    throw error;
  }
}
