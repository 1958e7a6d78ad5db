import type { Gpu } from '../../gpu/device.ts';
import {
  DimsSlots,
  type Pipelines,
  type Program,
  ProgramBuilder,
  readBack,
  Scratch,
} from '../../gpu/launcher.ts';
import type { View } from '../../gpu/memory.ts';
import type { Dims } from '../dims.ts';
import {
  columns,
  type Dense,
  type DenseLora,
  dense,
  linearReference,
  loraDownReference,
  plus,
  rows,
  times,
  transposedTimes,
} from '../reference/linear.ts';
import type { LoraBlock, Matrix, Weight } from '../types.ts';
import { linearBackward, linearForward } from './linear.ts';
import type { LinearOp } from './linear-variants.ts';
import { loraDown, loraDownBackward, loraUpBackward } from './lora.ts';

/**
 * Whether the variants of the matrix products compute the right numbers on this adapter: a small adapted linear,
 * forward and backward, against float64. Drivers have bugs, and a kernel that they break must not train anything.
 */

/** Odd rows, two parts, sizes that every variant takes. */
const CASE = { rows: 21, k: 64, ends: [64, 128], rank: 8, scale: 2 };
/** Sums of 64 to 128 products in float32 are this exact by far. */
export const TOLERANCE = 1e-4;

const OPS: readonly LinearOp[] = ['linear-forward', 'linear-backward', 'lora-gradient'];

export type Variants = Record<LinearOp, readonly string[]>;

/** Names of those variants whose numbers are wrong here, by operation. */
export async function wrongVariants(
  gpu: Gpu,
  pipelines: Pipelines,
  variants: Variants,
): Promise<Record<LinearOp, Set<string>>> {
  const wrong = {
    'linear-forward': new Set<string>(),
    'linear-backward': new Set<string>(),
    'lora-gradient': new Set<string>(),
  };
  // A comparison that NaN fails.
  for (const { op, name, error } of await variantErrors(gpu, pipelines, variants))
    if (!(error <= TOLERANCE)) wrong[op].add(name);
  return wrong;
}

/** Largest relative error of each of these variants against float64; NaN where it does not compile or run. */
export async function variantErrors(
  gpu: Gpu,
  pipelines: Pipelines,
  variants: Variants,
): Promise<{ op: LinearOp; name: string; error: number }[]> {
  const count = Math.max(...Object.values(variants).map((names) => names.length));
  const place = new Place(gpu);
  const found = new Map<string, { op: LinearOp; name: string; error: number }>();
  try {
    // Compiled side by side, since nearly all of the time is the driver's, and run one after another in one place.
    const rounds = await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const name = (op: LinearOp) => variants[op][Math.min(i, variants[op].length - 1)];
        const build = (names: NameOf) => place.build(pipelines, names);
        const whole = await build(name).catch(() => null);
        if (whole) return OPS.map((op) => ({ op, name: name(op), program: whole }));
        // One that a driver does not compile is as good as wrong; the others of its round are tried without it.
        return Promise.all(
          OPS.map(async (op) => {
            const alone = build((other) => (other === op ? name(op) : undefined)).catch(() => null);
            return { op, name: name(op), program: await alone };
          }),
        );
      }),
    );
    for (const round of rounds) {
      const measured = new Map<Program, Record<LinearOp, number>>();
      for (const { op, name, program } of round) {
        if (name === undefined) continue;
        if (program && !measured.has(program))
          measured.set(program, await place.measure(program).catch(() => NONE));
        const error = (program && measured.get(program)?.[op]) ?? Number.NaN;
        found.set(`${op} ${name}`, { op, name, error });
      }
    }
    return [...found.values()];
  } finally {
    place.free();
  }
}

type NameOf = (op: LinearOp) => string | undefined;

/** Far from every result. */
const WRONG = 999;

const NONE: Record<LinearOp, number> = {
  'linear-forward': Number.NaN,
  'linear-backward': Number.NaN,
  'lora-gradient': Number.NaN,
};

/** The case on the device: its inputs once, and room for results that every program writes anew. */
class Place {
  readonly #views: View[] = [];
  readonly #dims: DimsSlots;
  readonly #scratch: Scratch;
  readonly #x = random(CASE.rows, CASE.k, 1);
  readonly #w: Dense;
  readonly #dy: Dense;
  readonly #lora: DenseLora;
  readonly #block: LoraBlock<View>;
  readonly #gradients: { a: View; b: View };
  readonly #at: Record<'x' | 'dy' | 's' | 'y' | 'ds' | 'dx', Matrix<View>>;
  readonly #f32: Weight<View>;
  #f16: Weight<View> | null = null;

  constructor(readonly gpu: Gpu) {
    const { rows: count, k, ends, rank, scale } = CASE;
    const n = ends[ends.length - 1];
    const wide = ends.length * rank;
    const parts = ends.map((end, i) => ({ begin: ends[i - 1] ?? 0, end, module: i }));
    this.#w = random(n, k, 2);
    // Exact in float16 as well.
    this.#w.values.forEach((value, i) => {
      this.#w.values[i] = Math.round(512 * value) / 512;
    });
    this.#dy = random(count, n, 3);
    this.#lora = { rank, parts, scale, a: random(wide, k, 4), b: random(n, rank, 5) };
    const [a, b] = [this.#put(this.#lora.a).view, this.#put(this.#lora.b).view];
    this.#block = { rank, parts, scale, dropout: 0, a, b };
    this.#gradients = { a: this.#room(wide, k).view, b: this.#room(n, rank).view };
    this.#f32 = { rows: n, cols: k, type: 'f32', data: this.#put(this.#w).view };
    this.#at = {
      x: this.#put(this.#x),
      dy: this.#put(this.#dy),
      s: this.#room(count, wide),
      y: this.#room(count, n),
      ds: this.#room(count, wide),
      dx: this.#room(count, k),
    };
    this.#dims = new DimsSlots(gpu, 1);
    this.#dims.write([checkDims(count)]);
    this.#scratch = new Scratch(gpu, 'other');
  }

  free(): void {
    this.#scratch.free();
    for (const view of [...this.#views, this.#dims.view]) this.gpu.memory.free(view.buffer);
  }

  #room(rowsOf: number, cols: number): Matrix<View> {
    const view = this.gpu.memory.allocate('self-check', 4 * rowsOf * cols, 'other');
    this.#views.push(view);
    return { view, stride: cols, column: 0 };
  }

  #put(values: Dense): Matrix<View> {
    const place = this.#room(values.rows, values.cols);
    this.gpu.device.queue.writeBuffer(place.view.buffer, 0, Float32Array.from(values.values));
    return place;
  }

  #weight(half: boolean): Weight<View> {
    if (!half) return this.#f32;
    if (!this.#f16) {
      const { rows: n, cols, values } = this.#w;
      const { view } = this.#room(n, cols / 2);
      this.gpu.device.queue.writeBuffer(view.buffer, 0, Uint16Array.from(values, halfBits));
      this.#f16 = { rows: n, cols, type: 'f16', data: view };
    }
    return this.#f16;
  }

  /** The case by these variants; by whatever stands in for one without a name. */
  build(pipelines: Pipelines, name: NameOf): Promise<Program> {
    const { k } = CASE;
    const { x, dy, s, y, ds, dx } = this.#at;
    const [lora, gradients] = [this.#block, this.#gradients];
    const n = this.#w.rows;
    const w = this.#weight(OPS.some((op) => name(op)?.startsWith('half')));
    const choices = new Proxy<Record<string, string>>(
      {},
      { get: (_, key) => name(String(key).split(' ')[0] as LinearOp) ?? '' },
    );
    const e = new ProgramBuilder(this.gpu, pipelines, this.#dims, this.#scratch, choices);
    loraDown(e, { x, k, lora, s, training: false });
    linearForward(e, { x, w, n, k, y, lora: { block: lora, s } });
    loraUpBackward(e, { dy, s, lora, gradients, ds, n });
    loraDownBackward(e, { ds, x, k, lora, gradients });
    linearBackward(e, { dy, w, n, k, dx, lora: { block: lora, ds } });
    return e.build();
  }

  /** Largest relative error by operation. */
  async measure(program: Program): Promise<Record<LinearOp, number>> {
    const { rows: count, k, ends, rank } = CASE;
    const n = ends[ends.length - 1];
    const wide = ends.length * rank;
    const [x, w, dy, lora] = [this.#x, this.#w, this.#dy, this.#lora];
    const at = this.#at;
    const fill = (view: View, value: number) =>
      this.gpu.device.queue.writeBuffer(view.buffer, 0, new Float32Array(view.size / 4).fill(value));
    // What the program before left there must not pass for this one's.
    for (const { view } of [at.s, at.y, at.ds, at.dx]) fill(view, WRONG);
    for (const view of Object.values(this.#gradients)) fill(view, 0);
    program.run();
    const read = async (view: View, rowsOf: number, cols: number): Promise<Dense> => {
      const values = new Float32Array(await readBack(this.gpu, view, 4 * rowsOf * cols));
      return { rows: rowsOf, cols, values: Float64Array.from(values) };
    };
    const s = await read(at.s.view, count, wide);
    const ds = await read(at.ds.view, count, wide);
    // Each result against what should follow from the device's own inputs, so that one wrong kernel is not laid on
    // the next.
    const forward = Math.max(
      error(s, loraDownReference(x, lora)),
      error(await read(at.y.view, count, n), linearReference(x, w, lora, s)),
    );
    let dx = times(dy, w);
    const dsTrue = dense(count, wide);
    const db = dense(n, rank);
    lora.parts.forEach((part, p) => {
      const [from, to] = [p * rank, (p + 1) * rank];
      const dyPart = columns(dy, part.begin, part.end);
      const dsPart = times(dyPart, rows(lora.b, part.begin, part.end));
      const dbPart = transposedTimes(dyPart, columns(s, from, to));
      dx = plus(dx, times(columns(ds, from, to), rows(lora.a, from, to)));
      for (let i = 0; i < count; i++)
        for (let j = 0; j < rank; j++)
          dsTrue.values[i * wide + from + j] = lora.scale * dsPart.values[i * rank + j];
      for (let i = 0; i < dbPart.values.length; i++)
        db.values[part.begin * rank + i] = lora.scale * dbPart.values[i];
    });
    return {
      'linear-forward': forward,
      'linear-backward': Math.max(error(ds, dsTrue), error(await read(at.dx.view, count, k), dx)),
      'lora-gradient': Math.max(
        error(await read(this.#gradients.a, wide, k), transposedTimes(ds, x)),
        error(await read(this.#gradients.b, n, rank), db),
      ),
    };
  }
}

/** max |ours − theirs| / max(1, max |theirs|), NaN where there is one. */
export function error(ours: Dense, theirs: Dense): number {
  let largest = 1;
  let difference = 0;
  for (let i = 0; i < theirs.values.length; i++) {
    largest = Math.max(largest, Math.abs(theirs.values[i]));
    const apart = Math.abs(ours.values[i] - theirs.values[i]);
    if (Number.isNaN(apart)) return apart;
    difference = Math.max(difference, apart);
  }
  return difference / largest;
}

/** Bits of a float16: of a multiple of 1/512 that is not above 1. */
function halfBits(value: number): number {
  if (value === 0) return 0;
  const size = Math.abs(value);
  const exponent = Math.floor(Math.log2(size));
  return (value < 0 ? 0x8000 : 0) | (((exponent + 15) << 10) + (size / 2 ** exponent - 1) * 1024);
}

/** Uniform in [−½, ½), exact in float32. */
export function random(rowsOf: number, cols: number, seed: number): Dense {
  let state = seed;
  return dense(rowsOf, cols, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 32 - 0.5);
  });
}

/** One sequence of `count` tokens. */
export function checkDims(count: number): Dims {
  return {
    rows: count,
    batch: 1,
    length: count,
    start: 0,
    offset: 0,
    supervised: 1,
    step: 1,
    seed: 0,
    scale: 1,
    strength: 1,
    micro: 0,
  };
}
