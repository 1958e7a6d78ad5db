import { SUBGROUP_MATRIX } from '../../gpu/device.ts';
import type { Emitter } from '../../gpu/program.ts';
import type { Constants } from '../../gpu/wgsl.ts';
import type { WeightType } from '../types.ts';

/**
 * The variants of the matrix products, and which one a dispatch takes. A variant is a shader file with the constants
 * that make its tile; all variants of an operation compute the same, in another order of sums.
 */

export type LinearOp = 'linear-forward' | 'linear-backward' | 'lora-gradient';

/** The facts that decide whether a variant can run; sizes are those of one dispatch. */
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
  /** What a workgroup needs of the device's limits; absent where it uses no workgroup memory and few threads. */
  threads?: number;
  workgroupBytes?: number;
  /** For float16 weights alone. */
  half?: boolean;
}

/** Whether a variant works through a tile in workgroup memory. */
export const isTile = (variant: Variant): boolean => variant.workgroupBytes !== undefined;

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

/** A tile in workgroup memory: `rows` × `columns` outputs, `depth` steps of the sum at once (shaders/tile.wgsl). */
interface Tile {
  rows: number;
  columns: number;
  depth: number;
  /** Blocks of 4 × 4 outputs that a thread has, along rows and along columns. */
  blocks: readonly [number, number];
}

const tile = (rows: number, columns: number, depth: number, ...blocks: [number, number]): Tile => ({
  ...{ rows, columns, depth, blocks },
});

/** How a tile multiplies: in float32, with W staged in float16, or by the GPU's units for 8 × 8 matrices. */
type Form = 'tiled' | 'half' | 'matrix';

const FEATURES: Record<Form, readonly string[]> = {
  tiled: [],
  half: ['shader-f16'],
  matrix: [SUBGROUP_MATRIX],
};

/** Free space of a staged side, whatever its number of steps: 8 vec4s (`PAD` in shaders/tile.wgsl). */
const PAD_BYTES = 128;

function tiled(op: LinearOp, { rows, columns, depth, blocks }: Tile, form: Form = 'tiled'): Variant {
  const [across, down] = [columns / (4 * blocks[1]), rows / (4 * blocks[0])];
  const threads = across * down;
  // A side that lies along the steps of the sum is fetched in blocks of 4 × 4, one that lies across them in vec4s
  // (shaders/tile_fetched.wgsl).
  const loads = (side: number, along: boolean) =>
    Math.ceil(((side / 4) * (along ? depth / 4 : depth)) / threads);
  const padded = (side: number) => 4 * side * depth + PAD_BYTES;
  return {
    name: `${form}-${rows}x${columns}x${depth}-${threads}`,
    shader: `${op.replace('-', '_')}_tiled`,
    constants: {
      ROW_VECTORS: blocks[0],
      COLUMN_VECTORS: blocks[1],
      THREADS_X: across,
      THREADS_Y: down,
      DEPTH: depth,
      LEFT_LOADS: loads(rows, op !== 'lora-gradient'),
      RIGHT_LOADS: loads(columns, op === 'linear-forward'),
      ...(form === 'half' ? { HALF: true } : {}),
      ...(form === 'matrix' ? { MATRIX: true, MATRIX_ROWS: rows / 8, MATRIX_COLUMNS: columns / 8 } : {}),
    },
    rows,
    columns,
    features: FEATURES[form],
    alignment: 1,
    threads,
    workgroupBytes: {
      tiled: padded(rows) + padded(columns),
      half: padded(rows) + padded(columns) + 2 * columns * depth + PAD_BYTES,
      matrix: 4 * (rows * depth + columns * depth + rows * columns),
    }[form],
    half: form === 'half',
  };
}

/**
 * Tiles that did well elsewhere, by kind of GPU (docs/decisions/0006): NVIDIA and AMD 128 × 64, Apple 64 × 64, Intel and
 * phones 32 × 32; a small product has too few workgroups for the large ones.
 */
const WIDE_TILES = [
  tile(64, 64, 16, 2, 2),
  tile(128, 64, 16, 2, 1),
  tile(64, 64, 16, 1, 1),
  tile(32, 32, 32, 1, 1),
];
/** Results of at most this many columns: an adapter's rank. */
const NARROW = 32;
const NARROW_TILES = [tile(32, 16, 32, 1, 1), tile(64, 16, 32, 1, 1)];

/** One subgroup of 32 threads, as on Apple's GPUs, the only ones with matrices of float32. */
const MATRIX_TILE = tile(32, 32, 16, 2, 1);

const HARDWARE: Record<LinearOp, readonly Variant[]> = {
  'linear-forward': [
    tiled('linear-forward', MATRIX_TILE, 'matrix'),
    ...tilesOf('linear-forward', WIDE_TILES),
    forwardDirect(8, 4, 8, false),
    forwardDirect(8, 1, 16, false),
  ],
  'linear-backward': [
    tiled('linear-backward', MATRIX_TILE, 'matrix'),
    ...tilesOf('linear-backward', WIDE_TILES),
    backwardDirect(8, 1, 8, false),
  ],
  'lora-gradient': [
    tiled('lora-gradient', tile(16, 64, 16, 1, 1)),
    tiled('lora-gradient', tile(16, 128, 16, 1, 2)),
    gradientDirect(2, 2, 8, false),
  ],
};

const HARDWARE_NARROW: Partial<Record<LinearOp, readonly Variant[]>> = {
  'linear-forward': [
    ...NARROW_TILES.map((one) => tiled('linear-forward', one)),
    forwardDirect(8, 1, 4, false),
  ],
  'linear-backward': [
    ...NARROW_TILES.map((one) => tiled('linear-backward', one)),
    backwardDirect(8, 1, 1, false),
  ],
};

/** For the few rows of generation: each weight is read once. */
const HARDWARE_FEW: readonly Variant[] = [
  forwardDirect(8, 1, 16, false),
  tiled('linear-forward', tile(32, 32, 32, 1, 1)),
];

/** Each tile, and after each of the first two its form that stages float16 weights as they are. */
function tilesOf(op: LinearOp, tiles: readonly Tile[]): Variant[] {
  return tiles.flatMap((one, i) => (i < 2 ? [tiled(op, one), tiled(op, one, 'half')] : [tiled(op, one)]));
}

/** For the few rows of generation, in software: larger tiles would compute, and compile, for rows that are not there. */
const SOFTWARE_FEW: readonly Variant[] = [forwardDirect(8, 1, 4, false)];

/** Variants that the device can run at this shape, preferred ones first. */
export function variantsFor(
  e: Pick<Emitter, 'software' | 'features' | 'limits' | 'subgroupsOf8'>,
  shape: Shape,
): Variant[] {
  const { maxComputeInvocationsPerWorkgroup: mostThreads, maxComputeWorkgroupStorageSize: mostBytes } =
    e.limits;
  const variants = tableFor(e.software, shape).filter(
    (variant) =>
      (variant.features ?? []).every((feature) => e.features.has(feature)) &&
      shape.alignment % variant.alignment === 0 &&
      !((variant.threads ?? 0) > mostThreads || (variant.workgroupBytes ?? 0) > mostBytes) &&
      (!variant.half || (shape.weight === 'f16' && shape.k % 4 === 0)),
  );
  return e.subgroupsOf8 ? variants.map(ofSmallSubgroups) : variants;
}

/** A tile asks for the smallest subgroups, where threads have most registers (shaders/small_subgroups.wgsl). */
function ofSmallSubgroups(variant: Variant): Variant {
  if (!isTile(variant) || variant.constants.MATRIX) return variant;
  return { ...variant, constants: { ...variant.constants, SUBGROUPS_OF_8: true } };
}

function tableFor(software: boolean, shape: Shape): readonly Variant[] {
  const { op } = shape;
  const few = op === 'linear-forward' && isFew(shape);
  if (software) return few ? SOFTWARE_FEW : SOFTWARE[op];
  if (few) return HARDWARE_FEW;
  const columns = op === 'linear-backward' ? shape.k : shape.n;
  return (columns <= NARROW ? HARDWARE_NARROW[op] : undefined) ?? HARDWARE[op];
}

/** On hardware another tile is fastest for few rows than for many: a choice counts up to so many rows. */
const ROW_CLASSES = [96, 384, 1536];

/** Name under which the tuner keeps its choice for a shape. */
function shapeKey(e: Pick<Emitter, 'software' | 'mostRows'>, shape: Shape, dims: number): string {
  return `${shape.op} ${shape.n}x${shape.k} ${shape.weight} ${rowClass(e, shape, dims)}`;
}

function rowClass(e: Pick<Emitter, 'software' | 'mostRows'>, shape: Shape, dims: number): string {
  if (isFew(shape)) return 'few';
  const rows = shape.rows ?? e.mostRows?.(dims);
  if (e.software || rows === undefined) return 'many';
  const most = ROW_CLASSES.find((bound) => rows <= bound);
  return most === undefined ? `over-${ROW_CLASSES[ROW_CLASSES.length - 1]}` : `to-${most}`;
}

function isFew(shape: Shape): boolean {
  return (shape.rows ?? 64) <= 8;
}

/**
 * The tuner's choice, or the preferred variant where it made none; noted in `e.chosen`. Where the choice is not among
 * the variants of this shape, the last, which runs everywhere.
 *
 * @param again emits the dispatch once more, for the tuner
 */
export function chooseVariant(e: Emitter, shape: Shape, dims: number, again: (e: Emitter) => void): Variant {
  const variants = variantsFor(e, shape);
  const key = shapeKey(e, shape, dims);
  const choice = e.choices[key];
  const fallback = variants[choice === undefined ? 0 : variants.length - 1];
  const variant = variants.find((candidate) => candidate.name === choice) ?? fallback;
  e.chosen[key] = variant.name;
  // In software compiling a variant takes longer than it could save: only the likely two are compared.
  const compared = e.software ? variants.slice(0, 2) : variants;
  e.site({ op: shape.op, key, variants: compared.map(({ name }) => name), emit: again, dims });
  return variant;
}
