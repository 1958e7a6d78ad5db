// Compiles kernels with Dawn, Chromium's WebGPU, on whatever Vulkan driver the environment names, and says on standard
// error which one begins: `=== 3`. What the driver tells of its machine code comes after it. A process of its own, since
// drivers read their settings when they are loaded. `node dawn-compile.mjs kernels.json`
import { readFileSync, writeSync } from 'node:fs';
import { create, globals } from 'webgpu';

/** At once, so that it stands before what the driver prints. */
const say = (/** @type {string} */ line) => writeSync(2, `${line}\n`);

Object.assign(globalThis, globals);
/** @type {{ code: string, label: string }[]} */
const kernels = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const gpu = create(['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis,disable_blob_cache']);
const adapter = await gpu.requestAdapter();
if (!adapter) throw new Error('Dawn found no Vulkan driver');
const wanted = /** @type {GPUFeatureName[]} */ (['shader-f16', 'subgroups', 'subgroup-size-control']);
const device = await adapter.requestDevice({
  requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
  requiredLimits: { maxStorageBuffersPerShaderStage: adapter.limits.maxStorageBuffersPerShaderStage },
});
say(`=== adapter ${adapter.info.description || adapter.info.device}`);
for (const [i, { code, label }] of kernels.entries()) {
  say(`=== ${i}`);
  try {
    const module = device.createShaderModule({ label, code });
    await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  } catch (error) {
    say(`=== failed ${error instanceof Error ? error.message.split('\n')[0] : error}`);
  }
}
say('=== end');
process.exit(0);
