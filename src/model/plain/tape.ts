import * as tf from '@tensorflow/tfjs-core';

/**
 * How the plain decoder's operations enter tfjs's tape. Each is one node with its own gradient: tfjs-core alone
 * registers none, the stock gradient of `matMul` transposes whole weights, and a node keeps only what it saves.
 *
 * A gradient may read only what was saved and tensors that live longer than the step (frozen weights): everything
 * else made in the forward pass is gone by then.
 */
export interface Differentiable {
  value: tf.Tensor;
  /** Gradients of the inputs, in their order, from the output's and what was saved. */
  gradient: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[];
}

/** Runs `forward`, whose result depends on `inputs`, as one node of the tape. */
export function differentiable(
  inputs: tf.Tensor[],
  forward: (save: (...tensors: tf.Tensor[]) => void) => Differentiable,
): tf.Tensor {
  const node = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args[args.length - 1] as tf.GradSaveFunc;
    const { value, gradient } = forward((...tensors) => save(tensors));
    return { value, gradFunc: gradient };
  });
  return node(...inputs);
}

/** x + y, of one shape. */
export function add(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return differentiable([x, y], () => ({
    value: tf.add(x, y),
    gradient: (dy) => [tf.clone(dy), tf.clone(dy)],
  }));
}

/** The same values in another shape. */
export function reshape(x: tf.Tensor, shape: number[]): tf.Tensor {
  const before = x.shape;
  return differentiable([x], () => ({
    value: tf.reshape(x, shape),
    gradient: (dy) => [tf.reshape(dy, before)],
  }));
}

/** Columns [begin, begin + width) of the last axis. */
export function columns(x: tf.Tensor, begin: number, width: number): tf.Tensor {
  const all = x.shape[x.shape.length - 1];
  const rows = x.size / all;
  const shape = [...x.shape.slice(0, -1), width];
  return differentiable([x], () => ({
    value: tf.reshape(tf.slice(tf.reshape(x, [rows, all]), [0, begin], [rows, width]), shape),
    gradient: (dy) => [
      tf.reshape(
        tf.pad(tf.reshape(dy, [rows, width]), [
          [0, 0],
          [begin, all - begin - width],
        ]),
        x.shape,
      ),
    ],
  }));
}

/** Some rows of a matrix, each at most once, and where each row went. */
export interface RowChoice {
  /** Row of the whole matrix by row of the result; entries from `count` on only fill up and get no gradient. */
  index: tf.Tensor1D;
  /** Row of the result by row of the whole; rows that were not taken point past its last. */
  inverse: tf.Tensor1D;
}

/** x[choice]; [N, d] → [n, d]. */
export function takeRows(x: tf.Tensor, choice: RowChoice): tf.Tensor {
  const width = x.shape[1] as number;
  return differentiable([x], (save) => {
    save(choice.inverse);
    return {
      value: tf.gather(x, choice.index),
      gradient: (dy, [inverse]) => [tf.gather(tf.concat([dy, tf.zeros([1, width])], 0), inverse)],
    };
  });
}
