import * as tf from '@tensorflow/tfjs-core';
import type { DecoderConfig } from '../config.ts';
import type { BlockLinear } from '../families/family.ts';
import { hasBias, linearSize } from '../families/names.ts';
import type { FrozenLinear } from './linear.ts';
import type { Head } from './loss.ts';
import type { FrozenNorm } from './norm.ts';

/** Base weights by Hugging Face name, as float32 and in the shape as stored. */
export interface BaseWeights {
  tensor(name: string): Promise<{ data: Float32Array; shape: readonly number[] }>;
}

export interface PlainLinear extends FrozenLinear {
  roles: BlockLinear['roles'];
  split: BlockLinear['split'];
}

export interface PlainBlock {
  norm1: FrozenNorm;
  norm2: FrozenNorm;
  qNorm: FrozenNorm | null;
  kNorm: FrozenNorm | null;
  postAttentionNorm: FrozenNorm | null;
  postFeedForwardNorm: FrozenNorm | null;
  /** In the family's order. */
  linears: PlainLinear[];
}

export interface PlainWeights {
  embedding: tf.Tensor2D;
  positions: tf.Tensor2D | null;
  blocks: PlainBlock[];
  finalNorm: FrozenNorm;
  head: Head;
  bytes: number;
  dispose(): void;
}

/** Reads every weight and puts it on the backend; matrices in both layouts (see `FrozenLinear`). */
export async function loadPlainWeights(config: DecoderConfig, weights: BaseWeights): Promise<PlainWeights> {
  const names = config.family.tensors;
  const kept: tf.Tensor[] = [];
  const keep = <T extends tf.Tensor>(tensor: T): T => {
    kept.push(tensor);
    return tensor;
  };
  const matrix = async (name: string) => {
    const { data, shape } = await weights.tensor(name);
    return { data, tensor: keep(tf.tensor2d(data, shape as [number, number])) };
  };
  const vector = async (name: string, offset = 0) => {
    const { data } = await weights.tensor(name);
    return keep(tf.tensor1d(offset ? data.map((x) => x + offset) : data));
  };
  const norm = async (path: string): Promise<FrozenNorm> => ({
    weight: await vector(`${path}.weight`, config.normAddsOne ? 1 : 0),
    bias: config.norm === 'layer' ? await vector(`${path}.bias`) : null,
    epsilon: config.normEps,
  });
  const linear = async (block: string, entry: BlockLinear): Promise<PlainLinear> => {
    const path = `${block}.${entry.path}`;
    const { data, tensor } = await matrix(`${path}.weight`);
    const other = keep(tf.transpose(tensor) as tf.Tensor2D);
    const [weight, transposed] = names.conv1d ? [other, tensor] : [tensor, other];
    const bias = hasBias(config, entry.roles) ? await vector(`${path}.bias`) : null;
    const { roles, split } = entry;
    return {
      path,
      ...linearSize(config, roles),
      weight,
      transposed,
      bias,
      squaredNorm: squaredNorm(data),
      roles,
      split,
    };
  };

  const { tensor: embedding } = await matrix(names.embedding);
  const positions = names.positions ? (await matrix(names.positions)).tensor : null;
  const blocks: PlainBlock[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const block = `${names.blocks}.${layer}`;
    const optional = (path: string | null) => (path === null ? null : norm(`${block}.${path}`));
    const linears: PlainLinear[] = [];
    for (const entry of names.linears) linears.push(await linear(block, entry));
    blocks.push({
      norm1: await norm(`${block}.${names.norm1}`),
      norm2: await norm(`${block}.${names.norm2}`),
      qNorm: config.qkNorm ? await optional(names.qNorm) : null,
      kNorm: config.qkNorm ? await optional(names.kNorm) : null,
      postAttentionNorm: config.sandwichNorms ? await optional(names.postAttentionNorm) : null,
      postFeedForwardNorm: config.sandwichNorms ? await optional(names.postFeedForwardNorm) : null,
      linears,
    });
  }
  const finalNorm = await norm(names.finalNorm);
  const headWeight = config.tiedHead ? embedding : (await matrix(names.head)).tensor;
  const head = { weight: headWeight, transposed: keep(tf.transpose(headWeight) as tf.Tensor2D) };
  return {
    embedding,
    positions,
    blocks,
    finalNorm,
    head,
    bytes: kept.reduce((sum, tensor) => sum + tensor.size * 4, 0),
    dispose: () => tf.dispose(kept),
  };
}

/** Σ w², in double precision. */
function squaredNorm(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
