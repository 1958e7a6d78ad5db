import { GpuEngine } from '../../src/engine/gpu/engine.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { Pipelines } from '../../src/gpu/launcher.ts';
import type { BaseDtype } from '../../src/loading/base-dtype.ts';
import { loadWeights } from '../../src/loading/load-weights.ts';
import type { AdapterSettings } from '../../src/methods/types.ts';
import type { SoftLoss } from '../../src/model/sublayers/head.ts';
import { type Fixture, sourceOf } from '../unit/model/fixture.ts';
import { gpuOnce } from './op-case.ts';

/** The fixtures' random models on the device. */

const FILES = import.meta.glob<string>('../unit/model/fixtures/*/*.{json,safetensors}', {
  query: '?url',
  import: 'default',
  eager: true,
});

/** One file of a fixture's folder. */
export async function readFixture(name: string, file: string): Promise<Uint8Array> {
  const response = await fetch(FILES[`../unit/model/fixtures/${name}/${file}`]);
  return new Uint8Array(await response.arrayBuffer());
}

/** What an engine needs of a fixture. */
type Model = Pick<Fixture, 'config' | 'tensors' | 'modules'> & { adapterSettings: AdapterSettings };

/** The variants that compile soonest: every one is compared with float64 in linear.test.ts. */
export const SMALL_TILES: Readonly<Record<string, string>> = new Proxy(
  {},
  { get: (_, key) => (String(key).startsWith('lora-gradient') ? 'quad-16x4' : 'quad-8x4') },
);

/** Compiled once: engines of one shape share nearly all of them. */
let pipelines: Pipelines | null = null;

function pipelinesOf(gpu: Gpu): Pipelines {
  if (pipelines?.device !== gpu.device) pipelines = new Pipelines(gpu.device);
  return pipelines;
}

export async function fixtureEngine(
  f: Model,
  shape: { maxRows: number; maxLength: number },
  options: {
    checkpointing?: boolean;
    packing?: boolean;
    soft?: SoftLoss;
    /** How the base is held; f32 unless said. */
    dtype?: BaseDtype;
    /** False: the kernels of hardware. */
    software?: boolean;
    kernels?: Readonly<Record<string, string>>;
  } = {},
): Promise<GpuEngine> {
  const opened = await gpuOnce();
  const gpu = { ...opened, software: options.software ?? opened.software };
  const { weights } = await loadWeights(gpu, sourceOf(f), f.config, options.dtype ?? 'f32');
  return GpuEngine.create(
    { gpu, pipelines: pipelinesOf(gpu), config: f.config, weights },
    f.adapterSettings,
    f.modules,
    {
      shape,
      seed: 1,
      checkpointing: false,
      packing: false,
      kernels: SMALL_TILES,
      planBytes: 0,
      ...options,
    },
  );
}
