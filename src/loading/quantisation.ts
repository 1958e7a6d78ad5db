import type { DecoderConfig } from '../model/config.ts';
import { readFloats } from '../weights/load.ts';
import type { ModelSource } from '../weights/source.ts';
import { type BaseDtype, heldAs, matrixUse } from './base-dtype.ts';
import { encodeRows } from './encode-rows.ts';
import { heldTensor } from './held-tensor.ts';

/** What holding the base in another precision costs and saves. */
export interface QuantisationReport {
  dtype: BaseDtype;
  /** As stored in the file, and as held. */
  storedBytes: number;
  heldBytes: number;
  /** Of every matrix, in the file's order: how it is held, and ‖W − Ŵ‖ / ‖W‖ (Frobenius). */
  matrices: { name: string; type: string; error: number }[];
}

/**
 * Rounds one matrix after another; nothing is kept.
 * @param progress told of matrices done and in all
 * @throws UserError as `encodeRows`
 */
export async function quantisationReport(
  source: ModelSource,
  config: DecoderConfig,
  dtype: BaseDtype,
  progress: (done: number, total: number) => void = () => {},
): Promise<QuantisationReport> {
  const { conv1d } = config.family.tensors;
  const report: QuantisationReport = { dtype, storedBytes: 0, heldBytes: 0, matrices: [] };
  const entries = [...source.tensors.values()];
  for (const [i, { name, stored, shape, bytes }] of entries.entries()) {
    progress(i, entries.length);
    report.storedBytes += bytes;
    const use = matrixUse(config, name, shape);
    if (use === null) {
      report.heldBytes += 4 * shape.reduce((a, b) => a * b, 1);
      continue;
    }
    const [rows, cols] = use === 'linear' && conv1d ? [shape[1], shape[0]] : shape;
    const held = heldAs(stored, cols, use, dtype);
    const size = encodeRows.sizes(held, rows, cols);
    report.heldBytes += size.data + size.scales;
    const [before, after] = [await readFloats(source, name), await heldTensor(source, config, name, dtype)];
    report.matrices.push({ name, type: held.type, error: relativeError(before, after) });
  }
  progress(entries.length, entries.length);
  return report;
}

function relativeError(before: Float32Array, after: Float32Array): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < before.length; i++) {
    difference += (before[i] - after[i]) ** 2;
    size += before[i] ** 2;
  }
  return size > 0 ? Math.sqrt(difference / size) : 0;
}
