import * as tf from '@tensorflow/tfjs-core';
import type { View } from '../gpu/memory.ts';
import type { Emitter } from '../gpu/program.ts';
import { type Bench, room, upload } from './bench.ts';

/** One operation of ours beside the same in tfjs, on the same values. */
export interface OpCase {
  name: string;
  shape: string;
  dtype: string;
  rows: number;
  emit(e: Emitter): void;
  /** What to compare, and how many floats of it. */
  outputs: { view: View; count: number }[];
  /** The same outputs, in the same order; called within a tidy. */
  tfjs(): tf.Tensor[];
  flops?: number;
  /** Bytes of every input read and every output written once. */
  bytes?: number;
  /** Each run adds to the outputs. */
  added?: boolean;
  dispose(): void;
}

/** Buffers and tensors of one case, freed together. */
export class Kept {
  readonly #views: View[] = [];
  readonly #tensors: tf.Tensor[] = [];

  constructor(readonly bench: Bench) {}

  values(data: Float32Array | Uint32Array): View {
    return this.view(upload(this.bench.gpu, data));
  }

  room(floats: number): View {
    return this.view(room(this.bench.gpu, floats));
  }

  view(view: View): View {
    this.#views.push(view);
    return view;
  }

  tensor<T extends tf.Tensor>(tensor: T): T {
    this.#tensors.push(tensor);
    return tensor;
  }

  matrix(data: Float32Array, rows: number, cols: number): tf.Tensor2D {
    return this.tensor(tf.tensor2d(data, [rows, cols]));
  }

  dispose = () => {
    for (const view of this.#views) this.bench.gpu.memory.free(view.buffer);
    tf.dispose(this.#tensors);
  };
}

/** y and what the inputs' gradients are, given dy. */
export function both(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  dy: tf.Tensor,
): tf.Tensor[] {
  const { value, grads } = valueAndGradients(f, inputs, dy);
  return [value, ...grads];
}

function valueAndGradients(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[], dy: tf.Tensor) {
  let value: tf.Tensor | null = null;
  const grads = tf.grads((...given) => {
    const y = f(...given);
    value = tf.keep(y);
    return y;
  })(inputs, dy);
  return { value: value!, grads };
}
