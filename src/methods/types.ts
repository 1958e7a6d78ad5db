/** LoRA adapters: what is trained beside the frozen base. */

export interface LoraSettings {
  rank: number;
  alpha: number;
  dropout: number;
  /** Module suffixes, as PEFT: `q_proj`, … */
  targets: string[];
  rsLora?: boolean;
}

/** One adapted linear layer. y = W x + s · B (A x); A [rank, in], B [out, rank]; s = alpha / rank (rsLoRA: / √rank). */
export interface AdapterModule {
  layer: number;
  /** Suffix, e.g. `q_proj`. */
  target: string;
  /** Hugging Face path without `.weight`, e.g. `model.layers.0.self_attn.q_proj`. */
  path: string;
  in: number;
  out: number;
}

/** Adapter weights on the CPU, float32, keyed by module path. */
export interface AdapterWeights {
  settings: LoraSettings;
  modules: AdapterModule[];
  a: Map<string, Float32Array>;
  b: Map<string, Float32Array>;
}

export interface NamedFile {
  path: string;
  bytes: Uint8Array;
}
