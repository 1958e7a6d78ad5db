/** Why there is no graphics card to train on, and what to do about it, for people. */

export const ONLY_SOFTWARE = 'This browser offers WebGPU only in software, without a graphics card.';
export const HOW_TO_ENABLE =
  'Chrome or Edge 121 and newer, Safari 26 and newer, and Firefox 141 and newer can use it: check that hardware acceleration is on in the browser’s settings, and that chrome://gpu does not list WebGPU as disabled.';

export function noWebGpu(): string {
  if (!globalThis.isSecureContext)
    return 'This page was opened over plain http, where browsers turn WebGPU off. Open it over https or on localhost.';
  if (!navigator.gpu)
    return 'This browser has no WebGPU. Chrome or Edge 121 and newer, Safari 26 and newer, or Firefox 141 and newer have it. On Linux, Chrome may need chrome://flags/#enable-unsafe-webgpu.';
  return `WebGPU found no graphics card. ${HOW_TO_ENABLE}`;
}
