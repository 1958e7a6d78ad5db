import type { RopeParameters } from '../rope.ts';
import type { DecoderTraits } from '../traits.ts';
import type { FieldTable } from './shared/field-table.ts';

/**
 * A family of decoders is one object in a file of its own, named in `list.ts`. Everything that differs between
 * families is here; no other code asks which family it has.
 */
export interface Family {
  /** `model_type` in config.json, which decides the family. */
  modelType: string;
  /** The class with an output head, as `architectures` in config.json names it. */
  architecture: string;
  /** What Hugging Face calls each tensor. */
  tensors: TensorNames;
  /** Ends of paths (`q_proj`) that get an adapter when the person does not choose. */
  defaultTargets: readonly string[];
  /** The same for (IA)³, as PEFT has them; the inputs of the one that ends the feed-forward part are scaled. */
  ia3Targets: readonly string[];
  /** What becomes of each field of config.json. */
  fields: FieldTable;
  /**
   * config.json → what the decoder computes. Defaults are those of transformers' config class.
   * @throws UserError `bad-config`, `unknown-rope`, `unsupported-trait`
   */
  traits(raw: Record<string, unknown>): DecoderTraits;
  /** Null where positions are learned. */
  rope: RopeFields | null;
  /** Whether mlx-lm takes an adapter under PEFT's paths. */
  mlx: MlxForm | Refused;
  /** GGUF's names and keys, which an adapter for llama.cpp needs. */
  gguf: GgufForm | Refused;
  /** A chat template made fit for training; the text itself where it is not a template of this kind. */
  trainingTemplate?(source: string): string;
}

/** Why something cannot be done: ends a sentence that begins “… cannot be written here, since”. */
export interface Refused {
  refused: string;
}

/** What mlx-lm computes of the family. */
export interface MlxForm {
  refused?: undefined;
  /** Why it computes something else for a base of these traits; null where it does not. */
  differs(traits: DecoderTraits, config: Readonly<Record<string, unknown>>): string | null;
  /** It reads these fields and `rope_scaling`, not `rope_parameters`, and takes this where they are absent; null: it reads both. */
  olderRope: Readonly<Record<string, number>> | null;
}

export type LinearRole = 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down';

/** One linear layer of a block. */
export interface BlockLinear {
  /** Path inside the block, e.g. `self_attn.q_proj`; followed by `.weight` and `.bias`, the tensors. */
  path: string;
  /** What it computes; a fused layer has several, see `split`. */
  roles: readonly LinearRole[];
  /**
   * How the output rows of a fused q, k, v divide: `thirds` is all of q, then k, then v (GPT-2);
   * `heads` is q, k, v of each head in turn (GPT-NeoX).
   */
  split?: 'thirds' | 'heads';
}

export interface TensorNames {
  embedding: string;
  /** Learned positions [maxPositions, hidden]. */
  positions: string | null;
  finalNorm: string;
  /** Output projection where it is not tied to the embedding. */
  head: string;
  /** What transformers calls the head in memory, where it saves it under `head` and reads both. */
  headAlias?: string;
  /** Blocks are `${blocks}.0`, `${blocks}.1`, … */
  blocks: string;
  /** In the order q, k, v, o, gate, up, down. */
  linears: readonly BlockLinear[];
  /** Stored [in, out] instead of [out, in] (GPT-2's Conv1D). */
  conv1d: boolean;
  /** Norms inside a block, without `.weight` and `.bias`. */
  norm1: string;
  norm2: string;
  qNorm: string | null;
  kNorm: string | null;
  /** Gemma: after attention and after the feed-forward, before the residual is added. */
  postAttentionNorm: string | null;
  postFeedForwardNorm: string | null;
}

export type FilledRope = RopeParameters & { rope_type: string; rope_theta: number };

/** Rotary settings by kind of layer, with type, base and share filled in. */
export interface LayerRopes {
  global: FilledRope;
  local: FilledRope;
}

/** The fields of config.json that say how positions are rotated. */
export interface RopeFields {
  /**
   * From either generation of fields. Where a config has both and they differ, transformers' rule decides.
   * @param config a config.json that `traits` accepts
   */
  read(config: Readonly<Record<string, unknown>>): LayerRopes;
  /** The fields of both generations, without `rope_scaling`. */
  write(ropes: LayerRopes): Record<string, unknown>;
}

/** How llama.cpp stores the family. Keys are without the architecture in front: `block_count`. */
export interface GgufForm {
  refused?: undefined;
  /** `general.architecture` */
  architecture: string;
  /** Path inside a block, without `.weight` and `.bias` → GGUF's: `self_attn.q_proj` → `attn_q`. */
  block: Readonly<Record<string, string>>;
  /**
   * Paths inside a block whose output rows are stored interleaved within each head, since llama.cpp rotates
   * neighbouring rows there: [heads, 2, headDim/2] → [heads, headDim/2, 2]. The value says how many heads it has.
   */
  interleaved: Readonly<Record<string, 'heads' | 'kvHeads'>>;
  /** Norm weights have 1 added in the file. */
  normsAddOne: boolean;
  /** The file has a head even where it is the embedding. */
  headAlways?: boolean;
  /** Metadata → fields of config.json; null where files of this architecture are not opened as this family. */
  read: ((file: GgufReader) => Record<string, unknown>) | null;
  /** The other way, for a merged model. */
  write: GgufWriter | Refused;
  /** Why a merged model of these traits cannot be written although others can; null where it can. */
  unwritable?(traits: DecoderTraits, config: Readonly<Record<string, unknown>>): string | null;
}

/** @param config the config.json that the traits are from */
export interface GgufWriter {
  (traits: DecoderTraits, config: Readonly<Record<string, unknown>>): GgufFields;
  refused?: undefined;
}

/** What a family reads a GGUF file's metadata with. */
export interface GgufReader {
  value(key: string): unknown;
  /** Null where the key is missing or not a number. */
  number(key: string): number | null;
  /** @throws UserError `gguf-bad-metadata` */
  needed(key: string): number;
  hasTensor(name: string): boolean;
  vocab: number;
  tokenIds: { bos: number | null; eos: number | null; padding: number | null };
  /** `rope_freqs.weight` where the file has it: each plain inverse frequency is divided by its factor. */
  ropeFactors: number[] | null;
}

export interface GgufFields {
  /** In the order in which they are written. */
  keys: Record<
    string,
    | { type: 'u32' | 'f32'; value: number }
    | { type: 'string'; value: string }
    | { type: 'bool'; value: boolean }
    | { type: 'bools'; value: readonly boolean[] }
  >;
  /** For `rope_freqs.weight`; null: no such tensor. */
  ropeFactors: number[] | null;
}
