import type { AdapterModule } from '../model/modules.ts';

/** LoRA adapters: what is trained beside the frozen base. */

export interface LoraSettings {
  rank: number;
  alpha: number;
  dropout: number;
  /** Module suffixes, as PEFT: `q_proj`, … */
  targets: string[];
  rsLora?: boolean;
}

/** Adapter weights on the CPU, float32, keyed by module path. */
export interface AdapterWeights {
  settings: LoraSettings;
  modules: AdapterModule[];
  a: Map<string, Float32Array>;
  b: Map<string, Float32Array>;
}
