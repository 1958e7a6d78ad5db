import * as jax from '@jax-js/jax';

let opened: Promise<boolean> | null = null;

/** jax-js on WebGPU (its own device on the same adapter); false where it finds none. */
export function jaxReady(): Promise<boolean> {
  opened ??= jax.init('webgpu').then((devices) => {
    const found = devices.includes('webgpu');
    if (found) jax.defaultDevice('webgpu');
    return found;
  });
  return opened;
}
