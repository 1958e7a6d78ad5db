import type { MethodId } from '../../methods/types.ts';
import type { ObjectiveName } from '../../objectives/names.ts';

/**
 * How many times LoRA's step one takes, at rows of 128 and of 512 tokens, where that was measured; a test holds these to
 * docs/methods.md, which says how.
 */
export const STEP_TIME: Partial<Record<MethodId, readonly [short: number, long: number]>> = {
  dora: [1.07, 1.12],
};

/** What a step computes beside the pass with the gradient, which is all of a supervised one. */
export const PASSES: Readonly<Record<Exclude<ObjectiveName, 'sft'>, string>> = {
  dft: 'A pass without gradient before each step',
  dpo: 'A pass without gradient before each step, and one of the reference when a row is first met',
  ipo: 'A pass without gradient before each step, and one of the reference when a row is first met',
  orpo: 'A pass without gradient before each step',
  simpo: 'A pass without gradient before each step',
  kto: 'Passes without gradient over rows and mismatched rows before each step, by model and reference',
  distil: 'One pass of the teacher over the rows before the first step',
  bake: 'One pass of the base over the rows, with the prompt, before the first step',
};
