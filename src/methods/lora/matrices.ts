import type { AdapterModule } from '../../model/modules.ts';
import { type AdapterWeights, asLora } from '../types.ts';
import { heldMatrices } from './moved.ts';
import { loraScale } from './scale.ts';

/** One module's A [rank, in], B [out, rank] and scale, with what is frozen. */
export interface LoraMatrices {
  rank: number;
  scale: number;
  a: Float32Array;
  b: Float32Array;
}

/** @throws UserError `adapter-mismatch` where a matrix is missing or not of its shape */
export function loraMatrices(weights: AdapterWeights, module: AdapterModule): LoraMatrices {
  return { ...heldMatrices(weights, module), scale: loraScale(asLora(weights.settings), module) };
}

/** s·BA [out, in] row by row, in float64; each row is valid until the next. */
export function* loraDelta(weights: AdapterWeights, module: AdapterModule): Generator<Float64Array> {
  const { rank, scale, a, b } = loraMatrices(weights, module);
  const row = new Float64Array(module.in);
  for (let o = 0; o < module.out; o++) {
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = scale * b[o * rank + r];
      if (factor === 0) continue;
      for (let i = 0; i < module.in; i++) row[i] += factor * a[r * module.in + i];
    }
    yield row;
  }
}

/** ‖s·BA‖² = s²·tr((BᵀB)(AAᵀ)): two Gram matrices of rank × rank, and BA is never formed. */
export function squaredLoraDelta(weights: AdapterWeights, module: AdapterModule): number {
  const { rank, scale, a, b } = loraMatrices(weights, module);
  const rows = gram(a, rank, module.in, module.in, 1); // A Aᵀ
  const columns = gram(b, rank, module.out, 1, rank); // Bᵀ B
  let squares = 0;
  for (let j = 0; j < rank * rank; j++) squares += rows[j] * columns[j];
  return scale * scale * Math.max(0, squares);
}

/** s²·‖B_jA‖² of each row j [out], by the Gram matrix of A. */
export function squaredLoraRows(weights: AdapterWeights, module: AdapterModule): Float64Array {
  const { rank, scale, a, b } = loraMatrices(weights, module);
  const G = gram(a, rank, module.in, module.in, 1);
  return Float64Array.from({ length: module.out }, (_, j) => {
    let sum = 0;
    for (let p = 0; p < rank; p++)
      for (let q = 0; q < rank; q++) sum += b[j * rank + p] * b[j * rank + q] * G[p * rank + q];
    return scale * scale * Math.max(0, sum);
  });
}

/** G[p, q] = Σⱼ x[p·row + j·step] · x[q·row + j·step], symmetric [rank, rank]. */
function gram(x: Float32Array, rank: number, length: number, row: number, step: number): Float64Array {
  const G = new Float64Array(rank * rank);
  for (let p = 0; p < rank; p++)
    for (let q = 0; q <= p; q++) {
      let sum = 0;
      for (let j = 0; j < length; j++) sum += x[p * row + j * step] * x[q * row + j * step];
      G[p * rank + q] = sum;
      G[q * rank + p] = sum;
    }
  return G;
}
