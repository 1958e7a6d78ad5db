import { z } from 'zod';
import type { DecoderConfig } from '../../model/config.ts';
import { parameterKey } from '../keys.ts';
import { readConfig, refuseFields, type Use, unsupportedAdapter } from '../peft-config.ts';
import { peftFile } from '../peft-file.ts';
import { PROMPT_FIELDS, PromptFields, refuseOtherBase } from '../prompt/read.ts';
import type { AdapterWeights, PrefixSettings } from '../types.ts';
import { PREFIX, prefixParameter, prefixSite } from './site.ts';

/** Every field of PEFT's PrefixTuningConfig. */
export const PREFIX_CONFIG: Readonly<Record<string, Use>> = {
  ...PROMPT_FIELDS,
  num_attention_heads: 'read',
  init_weights: { inert: 'what it began with' },
  encoder_hidden_size: { inert: 'prefix_projection alone' },
  prefix_projection: {
    refused: 'makes its keys and values by two layers of its own',
    remedy: 'Train it with prefix_projection off.',
  },
};

const PrefixFields = PromptFields.extend({ num_attention_heads: z.int().nullish() });

/**
 * A prefix as PEFT saves it: one tensor [virtual tokens, layers · 2 · kvHeads · headDim].
 * @param raw parsed adapter_config.json
 * @throws UserError `unsupported-adapter`, `bad-adapter-config`, `adapter-mismatch`, `safetensors-…`, `not-finite`
 */
export async function readPrefix(
  raw: Readonly<Record<string, unknown>>,
  bytes: Uint8Array,
  config: DecoderConfig,
): Promise<AdapterWeights<PrefixSettings>> {
  refuseFields(raw, PREFIX_CONFIG);
  const {
    num_virtual_tokens: virtualTokens,
    num_transformer_submodules: stacks,
    num_layers: layers,
    num_attention_heads: heads,
  } = readConfig(PrefixFields, raw);
  if ((stacks ?? 1) !== 1) throw unsupportedAdapter('is for a model of an encoder and a decoder');
  refuseOtherBase('layers', layers, config.layers);
  refuseOtherBase('heads of keys and values', heads, config.kvHeads);
  const site = prefixSite(config, virtualTokens);
  const file = await peftFile(bytes);
  file.refuseOthers([PREFIX], config);
  return {
    settings: { method: 'prefix', virtualTokens },
    modules: [site],
    values: new Map([[parameterKey(site.path, PREFIX), file.read(PREFIX, prefixParameter(site).shape)]]),
  };
}
