import type { Emitter } from '../gpu/program.ts';
import type { Constants } from '../gpu/wgsl.ts';
import type { WeightType } from './types.ts';

/**
 * The variants of the matrix products, and which one a dispatch takes. A variant is a shader file with the constants
 * that make its tile; all variants of an operation compute the same, in another order of sums.
 */

export type LinearOp = 'linear-forward' | 'linear-backward' | 'lora-gradient';

/** What decides whether a variant can run: sizes are of one dispatch. */
export interface Shape {
  op: LinearOp;
  /** Output columns of the forward, wide columns of a gradient. */
  n: number;
  /** Input columns of the forward; rank for a gradient. */
  k: number;
  weight: WeightType;
  /** How many rows are expected: 1 … 8 in generation. */
  rows?: number;
  /** Every bound between the parts of a fused linear is a multiple of this many columns. */
  alignment: number;
}

export interface Variant {
  name: string;
  shader: string;
  constants: Constants;
  /** Rows and columns that one workgroup computes: the grid is the matrix divided by them. */
  rows: number;
  columns: number;
  /** Features of the device without which it does not compile. */
  features?: readonly string[];
  /** Columns that must not straddle two parts. */
  alignment: number;
}

/** The direct register tile: `rows` × `columns` outputs a thread, four threads side by side, `groups` of them. */
function forwardDirect(rows: number, columns: number, groups: number, quad: boolean): Variant {
  return {
    name: `${quad ? 'quad' : 'direct'}-${rows}x${columns}${groups > 1 ? `-${groups}` : ''}`,
    shader: 'linear_forward_direct',
    constants: { ROWS_TILE: rows, COLUMNS_TILE: columns, GROUPS: groups, QUAD: quad },
    rows,
    columns: 4 * columns * groups,
    features: quad ? ['subgroups'] : [],
    alignment: quad ? 4 * columns : columns,
  };
}

function backwardDirect(rows: number, vectors: number, groups: number, quad: boolean): Variant {
  return {
    name: `${quad ? 'quad' : 'direct'}-${rows}x${4 * vectors}${groups > 1 ? `-${groups}` : ''}`,
    shader: 'linear_backward_direct',
    constants: { ROWS_TILE: rows, VECTORS: vectors, GROUPS: groups, QUAD: quad },
    rows,
    columns: 16 * vectors * groups,
    features: quad ? ['subgroups'] : [],
    alignment: 1,
  };
}

function gradientDirect(narrow: number, wide: number, groups: number, quad: boolean): Variant {
  return {
    name: `${quad ? 'quad' : 'direct'}-${4 * narrow}x${4 * wide}${groups > 1 ? `-${groups}` : ''}`,
    shader: 'lora_gradient_direct',
    constants: { NARROW: narrow, WIDE: wide, GROUPS: groups, QUAD: quad },
    rows: 4 * narrow,
    columns: 16 * wide * groups,
    features: quad ? ['subgroups'] : [],
    alignment: 1,
  };
}

/** In order of preference on a software device. The last one of each runs everywhere and takes every shape. */
const SOFTWARE: Record<LinearOp, readonly Variant[]> = {
  'linear-forward': [
    forwardDirect(16, 8, 1, true),
    forwardDirect(8, 4, 1, true),
    forwardDirect(8, 8, 4, false),
    forwardDirect(8, 1, 4, false),
  ],
  'linear-backward': [
    backwardDirect(16, 2, 1, true),
    backwardDirect(8, 1, 1, true),
    backwardDirect(8, 2, 4, false),
    backwardDirect(8, 1, 4, false),
  ],
  'lora-gradient': [
    gradientDirect(4, 2, 1, true),
    gradientDirect(4, 1, 1, true),
    gradientDirect(2, 2, 2, false),
  ],
};

const HARDWARE: Record<LinearOp, readonly Variant[]> = {
  'linear-forward': [forwardDirect(8, 4, 8, false), forwardDirect(8, 1, 16, false)],
  'linear-backward': [backwardDirect(8, 1, 8, false)],
  'lora-gradient': [gradientDirect(2, 2, 8, false)],
};

/** For the few rows of generation, in software: larger tiles would compute, and compile, for rows that are not there. */
const SOFTWARE_FEW: readonly Variant[] = [forwardDirect(8, 1, 4, false)];

/** Variants that the device can run at this shape, preferred ones first. */
export function variantsFor(e: Pick<Emitter, 'software' | 'features' | 'limits'>, shape: Shape): Variant[] {
  const few = e.software && shape.op === 'linear-forward' && isFew(shape);
  const table = few ? SOFTWARE_FEW : (e.software ? SOFTWARE : HARDWARE)[shape.op];
  return table.filter(
    (variant) =>
      (variant.features ?? []).every((feature) => e.features.has(feature)) &&
      shape.alignment % variant.alignment === 0,
  );
}

/** Name under which the tuner keeps its choice for a shape. */
export function shapeKey(shape: Shape): string {
  return `${shape.op} ${shape.n}x${shape.k} ${shape.weight} ${isFew(shape) ? 'few' : 'many'}`;
}

function isFew(shape: Shape): boolean {
  return (shape.rows ?? 64) <= 8;
}

/**
 * The tuner's choice where it made one that fits, else the preferred variant; noted in `e.chosen`.
 *
 * @param again emits the dispatch once more, for the tuner
 */
export function chooseVariant(e: Emitter, shape: Shape, dims: number, again: (e: Emitter) => void): Variant {
  const variants = variantsFor(e, shape);
  const key = shapeKey(shape);
  const variant = variants.find((candidate) => candidate.name === e.choices[key]) ?? variants[0];
  e.chosen[key] = variant.name;
  // In software compiling a variant takes longer than it could save: only the likely two are compared.
  const compared = e.software ? variants.slice(0, 2) : variants;
  e.site({ op: shape.op, key, variants: compared.map(({ name }) => name), emit: again, dims });
  return variant;
}
