import { UserError } from '../../errors.ts';
import type { DecoderConfig } from '../config.ts';
import type { Family } from './family.ts';
import { FAMILIES } from './list.ts';
import { expectedTensors } from './names.ts';
import { refusedField } from './shared/field-table.ts';
import { badConfig, divided, Generation, Quantised, tokenIds, unsupported } from './shared/fields.ts';

/** A tensor of the file, as far as it is checked against the config. */
type Shaped = ReadonlyMap<string, { shape: readonly number[] }>;

/**
 * Reads the `config.json` of a Hugging Face model.
 * @param raw parsed config.json.
 * @param tensors the file's tensors: their names and shapes are then checked against the config.
 * @param generationConfig parsed generation_config.json: its `eos_token_id`s are used where it has any.
 * @throws UserError `unknown-architecture`, `bad-config`, `unknown-rope`, `unsupported-trait`,
 * `quantised-checkpoint`, `missing-tensor`, `shape-mismatch`.
 */
export function parseConfig(
  raw: Record<string, unknown>,
  tensors?: Shaped,
  generationConfig?: Record<string, unknown> | null,
  families: readonly Family[] = FAMILIES,
): DecoderConfig {
  const family = familyOf(raw, families);
  const config: DecoderConfig = { family, ...family.traits(raw) };
  // As transformers: what generation_config.json says of the end stands in place of config.json's.
  const stops = Generation.safeParse(generationConfig ?? {});
  if (stops.success && stops.data.eos_token_id != null)
    config.eosTokenIds = [...new Set(tokenIds(stops.data.eos_token_id, []))];
  // A head of its own is used, whatever the config says of tying; where it equals the embedding, the numbers do too.
  if (tensors?.has(family.tensors.head)) config.tiedHead = false;
  checkHeads(config);
  if (tensors) checkTensors(config, tensors);
  return config;
}

/**
 * The family of a config.json: as in transformers, `model_type` decides, whatever class `architectures` names;
 * `architectures` where that is missing. Known before any weight is read, so what the config alone rules out is too.
 * @throws UserError `unknown-architecture`, `quantised-checkpoint`, `unsupported-trait`
 */
export function familyOf(
  raw: Readonly<Record<string, unknown>>,
  families: readonly Family[] = FAMILIES,
): Family {
  const family = namedFamily(raw, families);
  const quantised = Quantised.safeParse(raw.quantization_config);
  if (quantised.success && quantised.data.quant_method !== 'gguf') {
    throw new UserError(
      'quantised-checkpoint',
      `This copy of the model is quantised with ${quantised.data.quant_method}, which is not supported. Choose the original in F16 or BF16, or a GGUF file; either can be loaded in 8 or 4 bits for training.`,
    );
  }
  const refused = refusedField(raw, family.fields);
  if (refused) throw unsupported(refused);
  return family;
}

function namedFamily(raw: Readonly<Record<string, unknown>>, families: readonly Family[]): Family {
  const first: unknown = Array.isArray(raw.architectures) ? raw.architectures[0] : null;
  const architecture = typeof first === 'string' ? first.slice(0, 100) : null;
  const ofArchitecture = families.find((family) => family.architecture === architecture);
  const unknown = (what: string, known: readonly string[]) =>
    new UserError(
      'unknown-architecture',
      `${what} Supported are ${known.join(', ')}; choose one of these models.`,
    );
  if (typeof raw.model_type === 'string') {
    const family = families.find(({ modelType }) => modelType === raw.model_type);
    if (!family)
      throw unknown(
        `Models of the type ${raw.model_type.slice(0, 100)} are not supported.`,
        families.map(({ modelType }) => modelType),
      );
    // The hub's bare decoders (`GPT2Model`) are the same weights without a head; other heads do not write text.
    if (architecture === null || ofArchitecture || /^\w+Model$/.test(architecture)) return family;
  }
  if (ofArchitecture) return ofArchitecture;
  throw unknown(
    architecture
      ? `The architecture ${architecture} is not supported.`
      : 'config.json names neither a model_type nor an architecture, so this may not be a language model.',
    families.map((family) => family.architecture),
  );
}

function checkHeads(config: DecoderConfig): void {
  divided(config.heads, config.kvHeads, 'num_attention_heads', 'num_key_value_heads');
  for (const rope of config.rope ? [config.rope.global, config.rope.local] : []) {
    if (rope.dims < 2 || rope.dims % 2 !== 0 || rope.dims > config.headDim) {
      throw badConfig(
        `config.json does not add up: a rotary embedding over ${rope.dims} of ${config.headDim} head dimensions.`,
        'Get the file again from where the model came from.',
      );
    }
  }
}

/**
 * Checks that the file has every tensor that the config promises, in the promised shape.
 * @throws UserError `missing-tensor`, `shape-mismatch`
 */
export function checkTensors(config: DecoderConfig, tensors: Shaped): void {
  const { architecture, tensors: names } = config.family;
  for (const { name, shape } of expectedTensors(config)) {
    const found = tensors.get(name);
    if (!found) {
      throw new UserError(
        'missing-tensor',
        `The weights have no tensor ${name}, which config.json (${architecture}, ${config.layers} layers) requires. Check that both belong to the same model and that no file is missing.`,
      );
    }
    if (found.shape.length === shape.length && found.shape.every((size, i) => size === shape[i])) continue;
    const vocabulary = name === names.embedding && found.shape.length === 2 && found.shape[1] === shape[1];
    throw new UserError(
      'shape-mismatch',
      vocabulary
        ? `config.json states a vocabulary of ${shape[0]}, but the embedding ${name} has ${found.shape[0]} rows. Check that both belong to the same model.`
        : `config.json requires ${name} of shape [${shape.join(', ')}], but the weights have [${found.shape.join(', ')}]. Check that both belong to the same model.`,
    );
  }
}
