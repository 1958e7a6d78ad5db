import { vi } from 'vitest';
import type { Gpu } from '../../../src/gpu/device.ts';
import { Pipelines, ProgramBuilder } from '../../../src/gpu/launcher.ts';
import { GpuMemory } from '../../../src/gpu/memory.ts';
import type { Dispatch } from '../../../src/gpu/program.ts';
import type { Dims } from '../../../src/ops/dims.ts';
import type { View } from '../../../src/ops/memory.ts';

/** A GPU on which nothing compiles or runs: programs can be built on it, and what is in them is recorded. */

const LIMITS = {
  maxBufferSize: 1 << 30,
  maxStorageBufferBindingSize: 1 << 27,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupsPerDimension: 65_535,
};

export function recordingGpu(software: boolean): { gpu: Gpu; pipelines: Pipelines } {
  vi.stubGlobal('GPUBufferUsage', {
    UNIFORM: 64,
    STORAGE: 128,
    COPY_SRC: 4,
    COPY_DST: 8,
    MAP_READ: 1,
  });
  const device = {
    limits: LIMITS,
    features: new Set(['subgroups']),
    createBindGroup: () => ({}),
    queue: { writeBuffer: () => {} },
  };
  const gpu = { device, software, memory: new GpuMemory(null), stream: {} } as unknown as Gpu;
  class NoPipelines extends Pipelines {
    override async get(): ReturnType<Pipelines['get']> {
      return { pipeline: {}, layout: {} } as Awaited<ReturnType<Pipelines['get']>>;
    }
  }
  return { gpu, pipelines: new NoPipelines(gpu.device) };
}

export interface RecordedProgram {
  dispatches: number;
  /** One line for each dispatch and each cleared range, in order. */
  lines: string[];
}

/**
 * Records every program that is emitted while `work` runs, in the order in which they were begun. A buffer has the
 * number in which it was met, so that two recordings are equal where the same buffers are bound in the same places,
 * whatever they are called.
 *
 * @param dims what grids and operations are computed for
 */
export async function recordPrograms(dims: Dims, work: () => Promise<unknown>): Promise<RecordedProgram[]> {
  const numbers = new Map<unknown, number>();
  const range = ({ buffer, offset, size }: View) => {
    if (!numbers.has(buffer)) numbers.set(buffer, numbers.size);
    return `${numbers.get(buffer)}[${(buffer as GPUBuffer).size}]+${offset}:${size}`;
  };
  const programs = new Map<ProgramBuilder, RecordedProgram>();
  const of = (builder: ProgramBuilder) => {
    const program = programs.get(builder) ?? { dispatches: 0, lines: [] };
    programs.set(builder, program);
    return program;
  };
  const { add, clear } = ProgramBuilder.prototype;
  const spies = [
    vi.spyOn(ProgramBuilder.prototype, 'add').mockImplementation(function (this: ProgramBuilder, dispatch) {
      const program = of(this);
      program.dispatches++;
      program.lines.push(lineOf(dispatch, dims, range));
      add.call(this, dispatch);
    }),
    vi.spyOn(ProgramBuilder.prototype, 'clear').mockImplementation(function (this: ProgramBuilder, view) {
      of(this).lines.push(`clear ${range(view)}`);
      clear.call(this, view);
    }),
  ];
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return [...programs.values()];
}

function lineOf(
  { kernel, bindings, dims: slot, grid, flops }: Dispatch,
  dims: Dims,
  range: (view: View) => string,
): string {
  const constants = Object.entries(kernel.constants)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`);
  return [
    kernel.label,
    kernel.shader,
    constants.join(' '),
    kernel.access.join(' '),
    bindings.map(range).join(' '),
    `slot ${slot}`,
    `grid ${grid(dims).join('×')}`,
    `flops ${flops?.(dims) ?? 0}`,
  ].join(' | ');
}
