import type { EngineShape } from '../../engine/engine.ts';
import type { BaseDtype } from '../../loading/base-dtype.ts';
import type { AdapterSettings } from '../../methods/types.ts';
import type { SoftLoss } from '../../model/sublayers/head.ts';

/** What an engine is made for. A different need makes a new engine over the same base weights. */
export interface EngineNeed {
  device: 'webgpu' | 'software' | 'wasm';
  adapterSettings: AdapterSettings;
  shape: EngineShape;
  seed: number;
  dtype: BaseDtype;
  checkpointing: boolean;
  packing: boolean;
  /** A teacher's probabilities are learned. */
  soft?: SoftLoss;
  kernels: Readonly<Record<string, string>>;
}
