import { vi } from 'vitest';
import type { Gpu } from '../../../src/gpu/device.ts';
import { type Pipelines, Scratch } from '../../../src/gpu/launcher.ts';
import { GpuMemory } from '../../../src/gpu/memory.ts';
import type { Kernel, Site } from '../../../src/gpu/program.ts';

/**
 * A GPU in virtual time. A kernel is called `operation variant` and computes so many operations for each row; how many
 * milliseconds a dispatch takes is asked of `cost`.
 */
export class VirtualGpu {
  readonly gpu: Gpu;
  readonly pipelines: Pipelines;
  readonly scratch: Scratch;
  /** Labels of what ran, in order. */
  readonly ran: string[] = [];
  readonly compiled: string[] = [];
  now = 1000;

  constructor(
    cost: (label: string, rows: number) => number,
    { software = false, heard = (end: number) => end + 0.5 } = {},
  ) {
    vi.stubGlobal('GPUBufferUsage', { UNIFORM: 64, COPY_DST: 8 });
    vi.spyOn(performance, 'now').mockImplementation(() => this.now);
    let end = 0;
    let recorded = 0;
    let label = '';
    const pass = {
      setPipeline: (pipeline: string) => {
        label = pipeline;
      },
      setBindGroup: () => {},
      dispatchWorkgroups: (rows: number) => {
        recorded += cost(label, rows);
        this.ran.push(label);
      },
      end: () => {},
    };
    this.gpu = {
      software,
      memory: new GpuMemory(null),
      stream: {
        encoder: () => ({ beginComputePass: () => pass }),
        submit: () => {
          end = Math.max(end, this.now) + recorded;
          recorded = 0;
        },
      },
      device: {
        createBindGroup: () => ({}),
        queue: {
          writeBuffer: () => {},
          onSubmittedWorkDone: async () => {
            this.now = heard(end);
          },
        },
      },
    } as unknown as Gpu;
    this.pipelines = {
      get: async (kernel: Kernel) => {
        this.compiled.push(kernel.label);
        return { pipeline: kernel.label, layout: {} };
      },
    } as unknown as Pipelines;
    this.scratch = new Scratch(this.gpu);
  }
}

/** A site of an operation, whose variants are kernels of `flops` operations a row. */
export function siteOf(op: string, key: string, flops: number, variants: readonly string[]): Site {
  return {
    ...{ op, key, variants, dims: 0 },
    emit: (e) =>
      e.add({
        kernel: {
          ...{ shader: op, constants: {}, access: [] },
          label: `${key} ${e.choices[key]}`,
        },
        bindings: [],
        dims: 0,
        grid: ({ rows }) => [rows, 1, 1],
        flops: ({ rows }) => rows * flops,
      }),
  };
}
