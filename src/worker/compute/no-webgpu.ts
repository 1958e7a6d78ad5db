/** Why there is no graphics card to train on, and what to do about it in the browser at hand, for people. */

export const ONLY_SOFTWARE = 'This browser offers WebGPU only in software, without a graphics card.';

const userAgent = () => (globalThis.navigator as Partial<Navigator> | undefined)?.userAgent ?? '';
const isFirefox = (agent: string) => /\bFirefox\//.test(agent);
const isSafari = (agent: string) => /\bVersion\/[\d.]+ (?:\S+ )?Safari\//.test(agent);

/** For a browser that has WebGPU and no graphics card for it. */
export function howToEnable(agent = userAgent()): string {
  if (isFirefox(agent))
    return 'Check that hardware acceleration is on in Firefox’s settings, and what about:support says of WebGPU under “Graphics”.';
  if (isSafari(agent))
    return 'Check for an update of the system: Safari takes its graphics drivers from there.';
  return 'Check that hardware acceleration is on in the browser’s settings, and that chrome://gpu does not list WebGPU as disabled.';
}

/** For a browser that gives no adapter. */
export function noWebGpu(agent = userAgent()): string {
  if (!globalThis.isSecureContext)
    return 'This page was opened over plain http, where browsers turn WebGPU off. Open it over https or on localhost.';
  if (navigator.gpu) return `WebGPU found no graphics card. ${howToEnable(agent)}`;
  if (isFirefox(agent))
    return 'WebGPU is off in this Firefox. Firefox 141 and newer have it on Windows, later versions on more systems; on others set dom.webgpu.enabled to true in about:config and reload the page, or use Chrome or Edge.';
  if (isSafari(agent))
    return 'This browser has no WebGPU. Safari 26 and newer have it on Apple’s systems; on others use Chrome or Edge 121 or newer.';
  return 'This browser has no WebGPU. Chrome or Edge 121 and newer, Safari 26 and newer, or Firefox 141 and newer have it. On Linux, Chrome may need chrome://flags/#enable-unsafe-webgpu.';
}
