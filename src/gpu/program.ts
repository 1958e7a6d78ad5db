import type { Dims } from '../ops/dims.ts';
import type { View } from '../ops/memory.ts';
import type { Constants } from './wgsl.ts';

/**
 * A step is a program: a list of dispatches recorded once, with pipelines compiled, buffers allocated and bind
 * groups made, and replayed at every step. What changes from batch to batch is in one uniform buffer of
 * `Dims` slots; the grid of each dispatch is a function of its slot. So a warm step creates nothing on the device.
 */

/** One kernel with its constants: what a pipeline is compiled from. */
export interface Kernel {
  /** Name of the file in `shaders/`, without `.wgsl`. */
  shader: string;
  /** Shown in profiles and in errors, e.g. `lora linear forward 576→1536 f16`. */
  label: string;
  /** Substituted in the shader; see gpu/wgsl.ts. */
  constants: Constants;
  /** Access of the storage bindings 1, 2, … in order. */
  access: readonly ('read' | 'write')[];
}

export type Grid = readonly [number, number, number];

/** One dispatch of a program. `dims` names the slot: 0 is the batch's, 1 + c the head's c-th chunk. */
export interface Dispatch {
  kernel: Kernel;
  /** Storage bindings 1, 2, …: same order as `kernel.access`, views of GPU buffers. Offsets are multiples of 256. */
  bindings: readonly View[];
  dims: number;
  grid: (dims: Dims) => Grid;
  /** Floating-point operations for `rows` rows, for the profiler and for cutting submits. */
  flops?: (dims: Dims) => number;
}

/** An operation with several variants, as the tuner meets it in a program. */
export interface Site {
  op: string;
  /** Under which the choice is kept: operation, shape and type. */
  key: string;
  /** Names of what can run here, preferred ones first. */
  variants: readonly string[];
  /** Emits the operation again, on the same buffers. */
  emit: (e: Emitter) => void;
  /** Dims slot of its dispatches. */
  dims: number;
  /** Most rows that are timed. */
  mostRows?: number;
}

/** Where ops emit their dispatches: a builder of a program (see gpu/launcher.ts). */
export interface Emitter {
  add(dispatch: Dispatch): void;
  /** Zeroes a range before what follows. */
  clear(view: View): void;
  /** Scratch memory of at least this size, shared by all who ask for the same name. */
  scratch(name: string, bytes: number): View;
  /** The tuner's choice: op key → variant; ops record what they took in `chosen`. */
  readonly choices: Readonly<Record<string, string>>;
  readonly chosen: Record<string, string>;
  /** Takes note of an operation for the tuner. */
  site(site: Site): void;
  /** A CPU implementation of WebGPU: variants without workgroup memory win there. */
  readonly software: boolean;
  /** Most rows of a dims slot, where they are known. */
  mostRows?(slot: number): number | undefined;
  readonly limits: GPUSupportedLimits;
  readonly features: ReadonlySet<string>;
  /** A kernel can ask for subgroups of 8 threads. */
  readonly subgroupsOf8?: boolean;
}
