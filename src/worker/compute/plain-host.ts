import type { Engine } from '../../engine/engine.ts';
import { createPlainEngine } from '../../engine/plain/engine.ts';
import { UserError } from '../../errors.ts';
import { openWasm, withoutWasmErrors } from '../../gpu/wasm.ts';
import { heldTensor } from '../../loading/held-tensor.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { RunEvent } from '../../run/events.ts';
import { tensorOf } from '../../weights/load.ts';
import type { ModelSource } from '../../weights/source.ts';
import type { EngineNeed } from './engine-need.ts';

/** What one WebAssembly memory can hold is 4 GiB; a run needs room beside the weights. */
const MOST_WEIGHT_BYTES = 3.5 * 2 ** 30;

/** The fallback: plain tfjs ops on its wasm backend, in float32, with the values that our kernels would decode. */
export async function openPlainEngine(
  source: ModelSource,
  config: DecoderConfig,
  need: EngineNeed,
  listener: (event: RunEvent) => void,
): Promise<Engine> {
  const bytes = heldBytes(source);
  if (bytes > MOST_WEIGHT_BYTES) throw tooLarge(bytes);
  await openWasm();
  const total = [...source.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
  let done = 0;
  const tensor = async (name: string) => {
    const data = await heldTensor(source, config, name, need.dtype);
    done += tensorOf(source, name).bytes;
    listener({ type: 'progress', what: 'Loading the model', done, total });
    return { data, shape: tensorOf(source, name).shape };
  };
  try {
    return await createPlainEngine(config, { tensor }, need.lora, need.shape, need.seed);
  } catch (error) {
    const told = withoutWasmErrors(error);
    throw told instanceof UserError && told.code === 'wasm-full' ? tooLarge(bytes, error) : told;
  }
}

/** Float32; matrices in both layouts, and one of them once more as tfjs packs it for the products forward. */
function heldBytes(source: ModelSource): number {
  let bytes = 0;
  for (const { shape } of source.tensors.values())
    bytes += 4 * (shape.length > 1 ? 3 : 1) * shape.reduce((product, size) => product * size, 1);
  return bytes;
}

function tooLarge(bytes: number, cause?: unknown): UserError {
  return new UserError(
    'too-large-for-wasm',
    `Without WebGPU this model’s weights take ${(bytes / 1e9).toFixed(1)} GB, but the browser gives WebAssembly at most 4 GB. Nothing was changed. Use a browser with WebGPU, or a smaller model.`,
    { cause },
  );
}
