import type { AdapterModule } from '../../../model/modules.ts';
import type { StartBase } from '../../method.ts';
import type { LoraSettings } from '../../types.ts';

/** A way for LoRA's matrices to begin that looks at the base. */
export interface LoraStart {
  matrices(
    site: AdapterModule,
    given: { settings: LoraSettings; base: StartBase; seed: number },
  ): Promise<StartedMatrices>;
}

/** A [rank, in] and B [out, rank]. */
export interface StartedMatrices {
  a: Float32Array;
  b: Float32Array;
}
