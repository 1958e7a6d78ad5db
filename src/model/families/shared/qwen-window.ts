import { z } from 'zod';
import type { DecoderTraits } from '../../traits.ts';
import { used } from './field-table.ts';
import { everyLayer, layerKinds, windowed } from './fields.ts';

/** The sliding window of Qwen2 and Qwen3: `layer_types`, or from layer `max_window_layers` on. */

export const QwenWindow = {
  sliding_window: z.int().nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.int().nullish(),
  layer_types: z.array(z.string()).nullish(),
};

export const QWEN_WINDOW_FIELDS = used(...Object.keys(QwenWindow));

/** @throws UserError `bad-config`, `unsupported-trait` */
export function qwenWindow(
  c: z.infer<z.ZodObject<typeof QwenWindow>> & { num_hidden_layers: number },
): Pick<DecoderTraits, 'layerAttention' | 'window'> {
  const window = (c.use_sliding_window ?? false) ? c.sliding_window : null;
  const kinds = c.layer_types
    ? layerKinds(c.layer_types, c.num_hidden_layers)
    : everyLayer(c.num_hidden_layers, (layer) => window !== null && layer >= (c.max_window_layers ?? 28));
  return windowed(kinds, window);
}
