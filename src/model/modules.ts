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
