import type {
  Appended,
  AttentionInputs,
  CrossEntropy,
  EmbedBackward,
  Gated,
  LayerNormBackward,
  LinearBackward,
  LinearForward,
  LoraDownBackward,
  LoraUpBackward,
  MaskRows,
  MergeRounded,
  RmsBackward,
  RopeArgs,
  RowNorms,
  Rows,
  ScaleColumns,
  ScaleColumnsBackward,
  SoftCrossEntropy,
  SumLosses,
} from '../../../src/ops/arguments.ts';
import type { Dims } from '../../../src/ops/dims.ts';
import type { View } from '../../../src/ops/memory.ts';
import type { Operations } from '../../../src/ops/operations.ts';
import { gatedBackwardReference, gatedReference } from '../../../src/ops/reference/activation.ts';
import { adamwReference, gradNormReference } from '../../../src/ops/reference/adamw.ts';
import {
  type AttentionProblem,
  attentionBackwardReference,
  attentionReference,
} from '../../../src/ops/reference/attention.ts';
import {
  rowNormsReference,
  scaleColumnsBackwardReference,
  scaleColumnsReference,
} from '../../../src/ops/reference/columns.ts';
import {
  crossEntropyBackwardReference,
  crossEntropyReference,
} from '../../../src/ops/reference/cross-entropy.ts';
import { embeddingBackwardReference, embeddingReference } from '../../../src/ops/reference/embedding.ts';
import {
  columns,
  type Dense,
  type DenseLora,
  dense,
  linearReference,
  loraDownReference,
  masked,
  mergedReference,
  plus,
  rows,
  times,
  timesTransposed,
  transposedTimes,
} from '../../../src/ops/reference/linear.ts';
import {
  layerNormBackwardSaved,
  layerNormReference,
  rmsNormBackwardSaved,
  rmsNormReference,
} from '../../../src/ops/reference/norm.ts';
import { turned } from '../../../src/ops/reference/rope.ts';
import { roundedReference } from '../../../src/ops/reference/rounding.ts';
import {
  softCrossEntropyBackwardReference,
  softCrossEntropyReference,
} from '../../../src/ops/reference/soft-targets.ts';
import type { LoraBlock, Matrix, QuantBlocks, Weight } from '../../../src/ops/types.ts';
import { toHalf } from '../../../src/weights/half.ts';
import { unpackToFloats } from '../../../src/weights/repack.ts';
import type { Ram } from './ram.ts';

/**
 * A second executor: each operation computes at once, in float64, by its definition in ops/reference; memory holds
 * float32. It is slow and has no kernels, and it runs every program that the WebGPU executor records.
 */
export class ReferenceOperations implements Operations {
  readonly #dims: readonly Dims[];
  readonly #ram: Ram;

  /** @param dims by slot */
  constructor(ram: Ram, dims: readonly Dims[]) {
    this.#ram = ram;
    this.#dims = dims;
  }

  clear(view: View): void {
    this.#floats(view).fill(0);
  }

  scratch(name: string, bytes: number): View {
    return this.#ram.scratch(name, bytes);
  }

  #slot(slot = 0): Dims {
    return this.#dims[slot];
  }

  #floats({ buffer, offset, size }: View): Float32Array {
    return new Float32Array(this.#ram.bytes(buffer), offset, size / 4);
  }

  #ints({ buffer, offset, size }: View): Uint32Array {
    return new Uint32Array(this.#ram.bytes(buffer), offset, size / 4);
  }

  #read({ view, stride, column }: Matrix, count: number, cols: number): Dense {
    const floats = this.#floats(view);
    const read = dense(count, cols);
    for (let i = 0; i < count; i++) {
      const at = i * stride + column;
      read.values.set(floats.subarray(at, at + cols), i * cols);
    }
    return read;
  }

  #write({ view, stride, column }: Matrix, values: Dense, accumulate = false): void {
    const floats = this.#floats(view);
    for (let i = 0; i < values.rows; i++)
      for (let j = 0; j < values.cols; j++) {
        const at = i * stride + column + j;
        floats[at] = values.values[i * values.cols + j] + (accumulate ? floats[at] : 0);
      }
  }

  #weight(w: Weight, begin = 0, end = w.rows): Dense {
    if ((w.type === 'q8' || w.type === 'q4') && w.quant && !w.parts)
      return rows(this.#decoded(w, w.type, w.quant), begin, end);
    if (w.type !== 'f32' || w.parts) throw new Error('weights are whole here, and in float32 or rounded');
    const values = Float64Array.from(this.#floats(w.data).subarray(begin * w.cols, end * w.cols));
    return { rows: end - begin, cols: w.cols, values };
  }

  #decoded({ rows: count, cols, data, scales }: Weight, codes: 'q8' | 'q4', quant: QuantBlocks): Dense {
    const packed = { codes: this.#ints(data), scales: this.#ints(scales!) };
    const floats = unpackToFloats(packed, { codes, ...quant });
    return { rows: count, cols, values: Float64Array.from(floats.subarray(0, count * cols)) };
  }

  /** @param n rows of B; @param k columns of A */
  #lora({ rank, parts, scale, a, b, dropout, maskDims }: LoraBlock, n: number, k: number): DenseLora {
    const { seed, step, micro, firstModule = 0 } = this.#slot(maskDims);
    return {
      rank,
      scale,
      parts: parts.map((part) => ({ ...part, module: part.module + firstModule })),
      a: this.#read({ view: a, stride: k, column: 0 }, parts.length * rank, k),
      b: this.#read({ view: b, stride: rank, column: 0 }, n, rank),
      dropout: dropout > 0 ? { probability: dropout, seed, step, micro } : undefined,
    };
  }

  #positions(positions?: View): ArrayLike<number> {
    const { rows: count, length, start } = this.#slot();
    return positions ? this.#ints(positions) : Array.from({ length: count }, (_, i) => start + (i % length));
  }

  embed({ ids, table, first = 0, width, out, ...args }: Parameters<Operations['embed']>[0]): void {
    const { scale, positions, positionTable } = args;
    const count = this.#slot().rows;
    const tokens = Array.from(this.#ints(ids).subarray(0, count), (id) => id - first);
    const isOwn = (token: number) => token >= 0 && token < table.rows;
    const learned = positionTable && {
      table: this.#weight(positionTable),
      positions: this.#positions(positions),
    };
    const own = tokens.map((token) => (isOwn(token) ? token : 0));
    const { values } = embeddingReference(own, this.#weight(table), scale, learned);
    const before = this.#read(out, count, width);
    this.#write(
      out,
      dense(count, width, (i, j) => (isOwn(tokens[i]) ? values : before.values)[i * width + j]),
    );
  }

  embedBackward({ ids, first, dout, width, gradient, count }: EmbedBackward): void {
    const { rows } = this.#slot();
    const tokens = this.#ints(ids).subarray(0, rows);
    const sums = embeddingBackwardReference(tokens, this.#read(dout, rows, width), { first, count });
    this.#write({ view: gradient, stride: width, column: 0 }, sums, true);
  }

  linearForward(args: LinearForward): void {
    const { x, w, row0 = 0, n, k, y, bias, residual, lora } = args;
    const { rows: count, strength } = this.#slot(args.dims);
    const adapter = lora && this.#lora(lora.block, n, k);
    const s = lora && this.#read(lora.s, count, lora.block.parts.length * lora.block.rank);
    const weight = this.#weight(w, row0, row0 + n);
    let result = linearReference(this.#read(x, count, k), weight, adapter, s, strength);
    const add = bias && this.#floats(bias);
    if (add) result = dense(count, n, (i, j) => result.values[i * n + j] + add[j]);
    if (residual) result = plus(result, this.#read(residual, count, n));
    this.#write(y, result);
  }

  linearBackward({ dy, w, row0 = 0, n, k, dx, accumulate, lora, dims }: LinearBackward): void {
    const { rows: count } = this.#slot(dims);
    let result = times(this.#read(dy, count, n), this.#weight(w, row0, row0 + n));
    if (lora) {
      const adapter = this.#lora(lora.block, n, k);
      const { rank } = adapter;
      adapter.parts.forEach((_, p) => {
        const ds = this.#read({ ...lora.ds, column: lora.ds.column + p * rank }, count, rank);
        result = plus(result, masked(times(ds, rows(adapter.a, p * rank, (p + 1) * rank)), adapter, p));
      });
    }
    this.#write(dx, result, accumulate);
  }

  loraDown({ x, k, lora, s, training, dims }: Parameters<Operations['loraDown']>[0]): void {
    const adapter = { ...this.#lora(lora, 0, k), ...(training ? {} : { dropout: undefined }) };
    this.#write(s, loraDownReference(this.#read(x, this.#slot(dims).rows, k), adapter));
  }

  loraUp({ s, lora, y, dims }: Parameters<Operations['loraUp']>[0]): void {
    const { rows: count, strength } = this.#slot(dims);
    const { rank, scale, b, parts } = this.#lora(lora, lora.parts[lora.parts.length - 1].end, 0);
    parts.forEach(({ begin, end }, p) => {
      const sPart = this.#read({ ...s, column: s.column + p * rank }, count, rank);
      const up = timesTransposed(sPart, rows(b, begin, end));
      this.#write(
        { ...y, column: y.column + begin },
        plus(dense(up.rows, up.cols), up, strength * scale),
        true,
      );
    });
  }

  loraUpBackward({ dy, s, lora, gradients, ds, n, dims }: LoraUpBackward): void {
    const { rows: count } = this.#slot(dims);
    const { rank, scale, b, parts } = this.#lora(lora, n, 0);
    const zero = (m: Dense) => dense(m.rows, m.cols);
    parts.forEach(({ begin, end }, p) => {
      const dyPart = columns(this.#read(dy, count, n), begin, end);
      const sPart = this.#read({ ...s, column: s.column + p * rank }, count, rank);
      const dsPart = times(dyPart, rows(b, begin, end));
      this.#write({ ...ds, column: ds.column + p * rank }, plus(zero(dsPart), dsPart, scale));
      if (!gradients) return;
      const db = transposedTimes(dyPart, sPart);
      const at = { view: gradients.b, stride: rank, column: begin * rank };
      this.#write(at, plus(zero(db), db, scale), true);
    });
  }

  loraDownBackward({ ds, x, k, lora, gradients, dims }: LoraDownBackward): void {
    const { rows: count } = this.#slot(dims);
    const adapter = this.#lora(lora, 0, k);
    const { rank } = adapter;
    adapter.parts.forEach((_, p) => {
      const dsPart = this.#read({ ...ds, column: ds.column + p * rank }, count, rank);
      const da = transposedTimes(dsPart, masked(this.#read(x, count, k), adapter, p));
      this.#write({ view: gradients.a, stride: k, column: p * rank * k }, da, true);
    });
  }

  maskRows({ x, out, width, mode, lora }: MaskRows): void {
    const given = this.#read(x, this.#slot(lora.maskDims).rows, width);
    const kept = masked(given, this.#lora(lora, 0, 0), 0);
    this.#write(out, mode === 'left' ? plus(given, kept, -1) : kept, mode === 'added');
  }

  rowNorms({ w, row0 = 0, n, k, out, lora }: RowNorms): void {
    const weight = this.#weight(w, row0, row0 + n);
    const plain = lora && { ...lora, dropout: 0, maskDims: undefined };
    this.#floats(out).set(rowNormsReference(weight, plain && this.#lora(plain, n, k)));
  }

  mergeRounded({ w, row0 = 0, n, k, lora, out }: MergeRounded): void {
    const type = out.type as 'q8' | 'q4';
    const adapter = lora && this.#lora({ ...lora, dropout: 0, maskDims: undefined }, n, k);
    const merged = mergedReference(this.#weight(w, row0, row0 + n), adapter, this.#slot().strength);
    const rounded = roundedReference(merged, type);
    const codes = this.#ints(out.data);
    const perWord = type === 'q8' ? 4 : 8;
    const first = row0 * k;
    codes.fill(0, first / perWord, (first + n * k) / perWord);
    rounded.codes.forEach((code, i) => {
      const [at, bits] = [first + i, 32 / perWord];
      codes[Math.floor(at / perWord)] |= (code & (2 ** bits - 1)) << (bits * (at % perWord));
    });
    const offset = type === 'q8' ? 0 : -8;
    const scales = this.#ints(out.scales!);
    rounded.scales.forEach((d, i) => {
      scales[first / 32 + i] = toHalf(d) | (toHalf(offset * d) << 16);
    });
  }

  /** Heads beside one another are rows of a narrower matrix. */
  #heads(m: Matrix, count: number, heads: number, width: number): Dense {
    return { ...this.#read(m, count, heads * width), rows: count * heads, cols: width };
  }

  #normWeight(weight: View, addOne: boolean): Float64Array {
    return Float64Array.from(this.#floats(weight), (value) => value + (addOne ? 1 : 0));
  }

  rmsNormForward(args: Parameters<Operations['rmsNormForward']>[0]): void {
    const { x, y, weight, width, eps, rstd, addOne, residual, heads = 1 } = args;
    const { rows: count } = this.#slot(args.dims);
    const input = this.#heads(x, count, heads, width);
    const result = rmsNormReference(input, this.#normWeight(weight, addOne), eps);
    const normed = { ...result.y, rows: count, cols: heads * width };
    this.#write(y, residual ? plus(normed, this.#read(residual, count, heads * width)) : normed);
    this.#floats(rstd).set(result.rstd);
  }

  rmsNormBackward(args: RmsBackward): void {
    const { dy, x, weight, rstd, dx, width, addOne, accumulate, heads = 1 } = args;
    const { rows: count } = this.#slot(args.dims);
    const [input, gradient] = [x, dy].map((m) => this.#heads(m, count, heads, width));
    const saved = this.#floats(rstd);
    const result = rmsNormBackwardSaved(input, this.#normWeight(weight, addOne), saved, gradient);
    this.#write(dx, { ...result, rows: count, cols: heads * width }, accumulate);
  }

  layerNormForward(args: Parameters<Operations['layerNormForward']>[0]): void {
    const { x, y, weight, bias, width, eps, stat, dims } = args;
    const input = this.#read(x, this.#slot(dims).rows, width);
    const result = layerNormReference(input, this.#floats(weight), this.#floats(bias), eps);
    this.#write(y, result.y);
    const saved = this.#floats(stat);
    result.mean.forEach((mean, i) => {
      saved[2 * i] = mean;
      saved[2 * i + 1] = result.rstd[i];
    });
  }

  layerNormBackward({ dy, x, weight, stat, dx, width, accumulate, dims }: LayerNormBackward): void {
    const { rows: count } = this.#slot(dims);
    const saved = this.#floats(stat);
    const every = (first: number) => Float64Array.from({ length: count }, (_, i) => saved[2 * i + first]);
    const [input, gradient] = [x, dy].map((m) => this.#read(m, count, width));
    const stats = { mean: every(0), rstd: every(1) };
    this.#write(dx, layerNormBackwardSaved(input, this.#floats(weight), stats, gradient), accumulate);
  }

  ropeForward(args: RopeArgs): void {
    this.#turn(args, 1);
  }

  ropeBackward(args: RopeArgs): void {
    this.#turn(args, -1);
  }

  #turn({ x, heads, headDim, rotaryDims, table, positions }: RopeArgs, sign: 1 | -1): void {
    const [at, angles] = [this.#positions(positions), this.#floats(table)];
    const input = this.#read(x, this.#slot().rows, heads * headDim);
    const result = turned(input, headDim, rotaryDims, (row, j) => {
      const place = at[row] * rotaryDims + 2 * j;
      return { cos: angles[place], sin: sign * angles[place + 1] };
    });
    this.#write(x, result);
  }

  #attention(args: AttentionInputs & { kvCapacity?: number; positions?: View }): AttentionProblem {
    const { q, k, v, heads, kvHeads, headDim, documents, kvCapacity } = args;
    const { rows: count, batch, length } = this.#slot();
    const at = this.#positions(args.positions);
    const start = kvCapacity ? Array.from({ length: batch }, (_, b) => at[b * length]) : 0;
    const keyRows = kvCapacity ?? length;
    const keys = (m: Matrix) => this.#read(m, batch * keyRows, kvHeads * headDim);
    return {
      ...args,
      ...{ batch, length, start, keyRows },
      q: this.#read(q, count, heads * headDim),
      k: keys(k),
      v: keys(v),
      documents: documents && this.#ints(documents),
    };
  }

  attentionForward(args: Parameters<Operations['attentionForward']>[0]): void {
    const { o, lse } = attentionReference(this.#attention(args));
    this.#write(args.o, o);
    this.#floats(args.lse).set(lse);
  }

  attentionBackward(args: Parameters<Operations['attentionBackward']>[0]): void {
    const dO = this.#read(args.do, this.#slot().rows, args.heads * args.headDim);
    const { dq, dk, dv } = attentionBackwardReference(this.#attention(args), dO);
    this.#write(args.dq, dq);
    this.#write(args.dk, dk);
    this.#write(args.dv, dv);
  }

  #gated({ gu, width, gated }: Gated): Dense {
    return this.#read(gu, this.#slot().rows, gated ? 2 * width : width);
  }

  gatedForward(args: Gated & { act: Matrix }): void {
    this.#write(args.act, gatedReference(this.#gated(args), args.kind, args.gated));
  }

  gatedBackward(args: Gated & { dact: Matrix }): void {
    const dact = this.#read(args.dact, this.#slot().rows, args.width);
    this.#write(args.gu, gatedBackwardReference(this.#gated(args), args.kind, args.gated, dact));
  }

  /** Row i of x goes to the row of `out` that `to` says, from the row that `from` says. */
  #move({ x, out, width, dims }: Rows, from: (i: number) => number, to: (i: number) => number): void {
    const at = ({ stride, column }: Matrix, row: number) => row * stride + column;
    for (let i = 0; i < this.#slot(dims).rows; i++) {
      const source = this.#floats(x.view).subarray(at(x, from(i)), at(x, from(i)) + width);
      this.#floats(out.view).set(source, at(out, to(i)));
    }
  }

  gatherRows(args: Rows & { index: View }): void {
    const [index, { offset }] = [this.#ints(args.index), this.#slot(args.dims)];
    this.#move(
      args,
      (i) => index[offset + i],
      (i) => i,
    );
  }

  scatterRows(args: Rows & { index: View }): void {
    const [index, { offset }] = [this.#ints(args.index), this.#slot(args.dims)];
    this.#move(
      args,
      (i) => i,
      (i) => index[offset + i],
    );
  }

  addRows({ x, out, width, dims, factor = 1 }: Rows & { factor?: number }): void {
    const { rows: count } = this.#slot(dims);
    this.#write(out, plus(dense(count, width), this.#read(x, count, width), factor), true);
  }

  scaleColumns({ x, out, width, scale, over, bias, residual, dims }: ScaleColumns): void {
    const { rows: count, strength } = this.#slot(dims);
    const [by, below, add] = [scale, over, bias].map((view) => view && this.#floats(view));
    let result = scaleColumnsReference(this.#read(x, count, width), by!, below ?? null, strength);
    if (add) result = dense(count, width, (i, j) => result.values[i * width + j] + add[j]);
    if (residual) result = plus(result, this.#read(residual, count, width));
    this.#write(out, result);
  }

  scaleColumnsBackward(args: ScaleColumnsBackward): void {
    const { width } = args;
    const [x, dy] = [args.x, args.dy].map((m) => this.#read(m, this.#slot(args.dims).rows, width));
    const over = args.over && this.#floats(args.over);
    const { dx, gradient } = scaleColumnsBackwardReference(x, this.#floats(args.scale), over ?? null, dy);
    this.#write(args.dx, dx);
    this.#write(
      { view: args.gradient, stride: width, column: 0 },
      { rows: 1, cols: width, values: gradient },
      true,
    );
  }

  appendRows(args: Appended): void {
    const { length } = this.#slot(args.dims);
    const at = this.#positions(args.positions);
    this.#move(
      args,
      (i) => i,
      (i) => Math.floor(i / length) * args.capacity + at[i],
    );
  }

  crossEntropy({ logits, targets, weights, losses, vocab, gradient, dims }: CrossEntropy): void {
    const { rows: count, offset, scale } = this.#slot(dims);
    const z = this.#read(logits, count, vocab);
    const target = this.#ints(targets).subarray(offset, offset + count);
    const weight = this.#floats(weights).subarray(offset, offset + count);
    this.#floats(losses).set(crossEntropyReference(z, target, weight), offset);
    if (gradient) this.#write(logits, crossEntropyBackwardReference(z, target, weight, scale));
  }

  softCrossEntropy(args: SoftCrossEntropy): void {
    const { logits, vocab, top, stride, weight, dims } = args;
    const { rows: count, offset, scale } = this.#slot(dims);
    const z = this.#read(logits, count, vocab);
    const of = <T>(all: { subarray(begin: number, end: number): T }, each: number) =>
      all.subarray(each * offset, each * (offset + count));
    const targets = of(this.#ints(args.targets), 1);
    const weights = of(this.#floats(args.weights), 1);
    const soft = {
      ...{ top, ids: of(this.#ints(args.ids), top) },
      probabilities: of(this.#floats(args.probabilities), top + 1),
    };
    const { losses, crossEntropies, divergences } = softCrossEntropyReference(
      ...([z, targets, weights, soft, weight] as const),
    );
    for (const [i, part] of [losses, crossEntropies, divergences].entries())
      this.#floats(args.losses).set(part, i * stride + offset);
    if (args.gradient)
      this.#write(logits, softCrossEntropyBackwardReference(z, targets, weights, soft, { weight, scale }));
  }

  sumLosses({ losses, result, into = 0, dims }: SumLosses): void {
    const some = this.#floats(losses).subarray(0, this.#slot(dims).rows);
    this.#floats(result)[into] += some.reduce((sum, loss) => sum + loss, 0);
  }

  gradNorm({ gradients, count, result }: Parameters<Operations['gradNorm']>[0]): void {
    const norm = gradNormReference(Float64Array.from(this.#floats(gradients).subarray(0, count)));
    const into = this.#floats(result);
    into[1] = norm;
    into[2] = Number.isFinite(norm) && Number.isFinite(into[0]) ? 1 : 0;
  }

  adamw(args: Parameters<Operations['adamw']>[0]): void {
    if (this.#floats(args.result)[2] === 0) return;
    const some = (view: View) => Float64Array.from(this.#floats(view).subarray(0, args.count));
    const [learningRate, notBeta1, notBeta2, epsilon, weightDecay, clip] = this.#floats(args.hyper);
    const settings = { learningRate, epsilon, weightDecay, clip, beta1: 1 - notBeta1, beta2: 1 - notBeta2 };
    const state = { weights: some(args.weights), m: some(args.m), v: some(args.v) };
    const next = adamwReference(state, some(args.gradients), settings, this.#slot().step);
    for (const key of ['weights', 'm', 'v'] as const) this.#floats(args[key]).set(next[key]);
  }
}
