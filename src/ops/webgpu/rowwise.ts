import type { Emitter, Grid } from '../../gpu/program.ts';
import type { Constants } from '../../gpu/wgsl.ts';
import type { Dims } from '../dims.ts';
import type { Matrix } from '../types.ts';

/** What kernels share that work row by row or element by element (shaders `wide.wgsl` and `row_threads.wgsl`). */

/** WebGPU's limit on workgroups a dimension; longer grids go on in y. */
const MOST_GROUPS = 65_535;

/** How many floats a kernel reads at once: 4 where every size and offset allows it. */
export interface Width {
  wide: 1 | 4;
  constants: Constants;
  /** A size in floats as a number of what is read at once. */
  of(floats: number): number;
}

export function widthOf(...sizes: number[]): Width {
  const wide = sizes.every((size) => size % 4 === 0) ? 4 : 1;
  return {
    wide,
    constants: wide === 4 ? { WIDE: 4 } : { WIDE: 1, Wide: 'f32' },
    of: (floats) => floats / wide,
  };
}

/** Stride and column of a matrix as constants `NAME_STRIDE` and `NAME_COLUMN`. */
export function place(name: string, matrix: Matrix, width: Width): Constants {
  return {
    [`${name}_STRIDE`]: width.of(matrix.stride),
    [`${name}_COLUMN`]: width.of(matrix.column),
  };
}

/** Sizes of a matrix that decide whether it can be read four at a time. */
export function sizesOf(...matrices: Matrix[]): number[] {
  return matrices.flatMap(({ stride, column }) => [stride, column]);
}

/** A grid of at least this many workgroups; kernels leave out those past the end. */
export function groupGrid(groups: number): Grid {
  if (groups <= MOST_GROUPS) return [groups, 1, 1];
  const y = Math.ceil(groups / MOST_GROUPS);
  return [Math.ceil(groups / y), y, 1];
}

/** One thread an item. */
export function threadGrid(items: number, threads = 64): Grid {
  return groupGrid(Math.ceil(items / threads));
}

/** Rows that one thread each works on in software; a workgroup each on a GPU, where memory wants neighbours. */
const SERIAL_THREADS = 4;
const LANES = 128;

/** Under which the tuner keeps whether rows are summed by subgroups or by a tree in workgroup memory. */
const REDUCTION = 'row-reduction';

export function rowThreads(e: Emitter): {
  constants: Constants;
  grid: (rows: number) => Grid;
} {
  if (e.software)
    return {
      constants: { SERIAL: true, THREADS: SERIAL_THREADS, LANES: 1 },
      grid: (rows) => threadGrid(rows, SERIAL_THREADS),
    };
  const constants = { SERIAL: false, THREADS: LANES, LANES };
  if (!e.features.has('subgroups')) return { constants, grid: groupGrid };
  const chosen = e.choices[REDUCTION] === 'tree' ? 'tree' : 'subgroups';
  e.chosen[REDUCTION] = chosen;
  return { constants: { ...constants, SUBGROUPS: chosen === 'subgroups' }, grid: groupGrid };
}

/** An operation that shows the tuner which reduction of a row is right here, and faster. */
export function reductionSite(e: Emitter, dims: number, emit: (again: Emitter) => void): void {
  if (!e.software && e.features.has('subgroups'))
    e.site({ op: REDUCTION, key: REDUCTION, variants: ['subgroups', 'tree'], emit, dims });
}

/** Grid of `perRow` items in each of `dims.rows` rows, a thread an item. */
export function itemGrid(perRow: number): (dims: Dims) => Grid {
  return (dims) => threadGrid(dims.rows * perRow);
}
