import type { MaskSlots } from '../methods/method.ts';
import type { HeadBuffers } from '../model/sublayers/head.ts';
import type { Dims } from '../ops/dims.ts';

/**
 * Dims of a step by slot: the batch's own, those of each chunk of the head's rows, those of the loss over all
 * `supervised` rows, and those of each block that draws a mask.
 */
export function dimsSlots(
  batch: Dims,
  supervised: number,
  { chunks, chunkRows }: Pick<HeadBuffers, 'chunks' | 'chunkRows'>,
  { modules }: MaskSlots,
): Dims[] {
  const slots = [batch];
  for (let chunk = 0; chunk < chunks; chunk++) {
    const offset = chunk * chunkRows;
    slots.push({ ...batch, offset, rows: Math.max(0, Math.min(chunkRows, supervised - offset)) });
  }
  slots.push({ ...batch, rows: supervised });
  for (const module of modules) slots.push({ ...batch, firstModule: module });
  return slots;
}
