/**
 * One interface over every place that base weights come from: the bundled model, a dropped folder, a GGUF
 * file, the hub. Tensors carry Hugging Face names whatever the file calls them.
 */

export type StoredType =
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'Q4_0'
  | 'Q4_1'
  | 'Q5_0'
  | 'Q5_1'
  | 'Q8_0'
  | 'Q4_K'
  | 'Q5_K'
  | 'Q6_K';

export interface TensorEntry {
  /** Hugging Face name, e.g. `model.layers.0.self_attn.q_proj.weight`. */
  name: string;
  stored: StoredType;
  /** As Hugging Face has it, e.g. [out, in]. */
  shape: readonly number[];
  bytes: number;
  /**
   * llama-architecture GGUF files store q and k rows for interleaved rotary embedding. When set, rows must be
   * un-permuted on load: [heads, 2, headDim/2] ← [heads, headDim/2, 2].
   */
  permutedHeads?: number;
}

export interface TokenizerFiles {
  tokenizerJson: Record<string, unknown>;
  tokenizerConfig: Record<string, unknown>;
  /** The chat template's Jinja text, from tokenizer_config.json, chat_template.jinja or GGUF metadata. */
  chatTemplate: string | null;
  /** The person chose the template: it is not the one that lies beside the base. */
  chosen?: boolean;
}

/** What adapters of the bundled model call it: the folder that lies beside them in a download. */
export const BUNDLED_BASE = './base';

/** Under which a merged model names the adapters that are in it, in GGUF's metadata and in that of safetensors. */
export const MERGED_ADAPTERS = 'lowrank.merged_adapters';

export interface ModelSource {
  kind: 'bundled' | 'folder' | 'gguf' | 'hub';
  /** What adapter_config.json's `base_model_name_or_path` says: hub id, folder or file name, `./base`. */
  id: string;
  /** For people. */
  name: string;
  revision: string | null;
  licence: string | null;
  /** Parsed config.json (GGUF: an equal object made from its metadata). */
  config: Record<string, unknown>;
  generationConfig: Record<string, unknown> | null;
  tokenizer: TokenizerFiles;
  tensors: ReadonlyMap<string, TensorEntry>;
  /** GGUF: every key with its value as the file has it, the type in front. A merged GGUF file takes them along. */
  ggufMetadata?: ReadonlyMap<string, Uint8Array>;
  /** Digests of the adapters that are merged into the weights, where the file says so. */
  mergedAdapters?: readonly string[];
  /** What of the file was passed over on opening, in sentences for people. */
  notes?: readonly string[];
  /** Bytes [begin, end) of a tensor's data. */
  read(tensor: string, begin: number, end: number): Promise<Uint8Array>;
  close(): void;
}
