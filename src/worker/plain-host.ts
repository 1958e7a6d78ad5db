import { openWasm } from '../gpu/wasm.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { Engine } from '../train/engine.ts';
import type { RunEvent } from '../train/events.ts';
import { heldTensor } from '../train/held-tensor.ts';
import { createPlainEngine } from '../train/plain-engine.ts';
import { tensorOf } from '../weights/load.ts';
import type { ModelSource } from '../weights/source.ts';
import type { EngineNeed } from './engines.ts';

/** The fallback: plain tfjs ops on its wasm backend, in float32, with the values that our kernels would decode. */
export async function openPlainEngine(
  source: ModelSource,
  config: DecoderConfig,
  need: EngineNeed,
  listener: (event: RunEvent) => void,
): Promise<Engine> {
  await openWasm();
  const total = [...source.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
  let done = 0;
  const tensor = async (name: string) => {
    const data = await heldTensor(source, config, name, need.dtype);
    done += tensorOf(source, name).bytes;
    listener({ type: 'progress', what: 'Loading the model', done, total });
    return { data, shape: tensorOf(source, name).shape };
  };
  return createPlainEngine(config, { tensor }, need.lora, need.shape, need.seed);
}
