import { z } from 'zod';
import type { DecoderConfig } from '../../model/config.ts';
import { parameterKey } from '../keys.ts';
import { adapterMismatch } from '../mlx.ts';
import { readConfig, refuseFields, type Use, unsupportedAdapter } from '../peft-config.ts';
import { peftFile } from '../peft-file.ts';
import type { AdapterWeights, PromptSettings } from '../types.ts';
import { PROMPT, promptParameter, promptSite } from './site.ts';

/** Fields that all of PEFT's trained prompts have. */
export const PROMPT_FIELDS: Readonly<Record<string, Use>> = {
  peft_type: 'read',
  num_virtual_tokens: 'read',
  num_transformer_submodules: 'read',
  base_model_name_or_path: { inert: 'which base; the shapes say whether it fits' },
  revision: { inert: 'which base' },
  task_type: { inert: 'which class of PEFT wraps the model' },
  inference_mode: { inert: 'whether PEFT trains it further' },
  auto_mapping: { inert: 'which class of transformers the base has' },
  peft_version: { inert: 'who wrote it' },
  token_dim: { inert: 'the width of the tensor, which its shape says' },
  num_attention_heads: { inert: 'of the base' },
  num_layers: 'read',
  modules_to_save: { refused: 'also holds whole modules' },
};

/** Every field of PEFT's PromptTuningConfig. */
export const PROMPT_CONFIG: Readonly<Record<string, Use>> = {
  ...PROMPT_FIELDS,
  prompt_tuning_init: { inert: 'what it began with' },
  prompt_tuning_init_text: { inert: 'what it began with' },
  tokenizer_name_or_path: { inert: 'what it began with' },
  tokenizer_kwargs: { inert: 'what it began with' },
};

export const PromptFields = z.looseObject({
  num_virtual_tokens: z.int().min(1).max(4096),
  num_transformer_submodules: z.int().nullish(),
  num_layers: z.int().nullish(),
});

/**
 * A prompt may fit the tensor’s shape of another base, and would load there without an error.
 * @throws UserError `adapter-mismatch` where PEFT took another number of the base that it was trained on
 */
export function refuseOtherBase(
  what: 'layers' | 'heads of keys and values',
  trained: number | null | undefined,
  own: number,
): void {
  if ((trained ?? own) !== own)
    throw adapterMismatch(`it was trained on a base of ${trained} ${what}, and this one has ${own}`);
}

/**
 * A soft prompt as PEFT saves it: one tensor [virtual tokens, hidden].
 * @param raw parsed adapter_config.json
 * @throws UserError `unsupported-adapter`, `bad-adapter-config`, `adapter-mismatch`, `safetensors-…`, `not-finite`
 */
export async function readPrompt(
  raw: Readonly<Record<string, unknown>>,
  bytes: Uint8Array,
  config: DecoderConfig,
): Promise<AdapterWeights<PromptSettings>> {
  refuseFields(raw, PROMPT_CONFIG);
  const {
    num_virtual_tokens: virtualTokens,
    num_transformer_submodules: stacks,
    num_layers: layers,
  } = readConfig(PromptFields, raw);
  if ((stacks ?? 1) !== 1) throw unsupportedAdapter('is for a model of an encoder and a decoder');
  refuseOtherBase('layers', layers, config.layers);
  const site = promptSite(config, virtualTokens);
  const { shape } = promptParameter(site);
  const file = await peftFile(bytes);
  file.refuseOthers([PROMPT], config);
  return {
    settings: { method: 'prompt', virtualTokens },
    modules: [site],
    values: new Map([[parameterKey(site.path, PROMPT), file.read(PROMPT, shape)]]),
  };
}
