/** Takes a hand in every device that is opened from now on. @returns an end to it */
export function onDevice(change: (device: GPUDevice) => void): () => void {
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...given) {
    const device = await requestDevice.apply(this, given);
    change(device);
    return device;
  };
  return () => {
    GPUAdapter.prototype.requestDevice = requestDevice;
  };
}

/** Calls back when a pipeline is set for a dispatch whose label matches. @returns an end to it */
export function onKernel(label: RegExp, act: () => void): () => void {
  const { setPipeline } = GPUComputePassEncoder.prototype;
  GPUComputePassEncoder.prototype.setPipeline = function (pipeline) {
    setPipeline.call(this, pipeline);
    if (label.test(pipeline.label)) act();
  };
  return () => {
    GPUComputePassEncoder.prototype.setPipeline = setPipeline;
  };
}
