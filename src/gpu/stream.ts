/**
 * Where commands are recorded. With tfjs it is tfjs's own command encoder (gpu/tfjs.ts), so that its operations and
 * our kernels stand in one order; without tfjs (the bench under Dawn) it is a plain one.
 */
export interface CommandStream {
  /** The open encoder, outside any pass. */
  encoder(): GPUCommandEncoder;
  /** Submits what was recorded. */
  submit(): void;
}

export function plainStream(device: GPUDevice): CommandStream {
  let open: GPUCommandEncoder | null = null;
  return {
    encoder() {
      open ??= device.createCommandEncoder();
      return open;
    },
    submit() {
      if (!open) return;
      device.queue.submit([open.finish()]);
      open = null;
    },
  };
}
