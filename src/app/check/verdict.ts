import type { DeviceCheck } from '../../worker/api/api.ts';

/** Largest relative differences that float32 in another order of sums explains; the tests hold every device to them. */
const LOSS = 1e-3;
const GRADIENT = 1e-2;
const LOGITS = 1e-3;
const KERNEL = 1e-4;

/** Whether the numbers of this device are right. What is not a number fails. */
export function isRight({ lossError, gradientError, logitError, kernels }: DeviceCheck): boolean {
  return (
    lossError <= LOSS &&
    gradientError <= GRADIENT &&
    logitError <= LOGITS &&
    kernels.every(({ error }) => error <= KERNEL)
  );
}

/** A relative error as the field writes it: 1.8e-7. */
export function errorText(value: number): string {
  if (!Number.isFinite(value)) return 'not a number';
  return value === 0 ? '0' : value.toExponential(1);
}
