import type { Gpu } from '../gpu/device.ts';
import { slice } from '../gpu/memory.ts';
import type { GpuWeight } from '../ops/types.ts';

/** Row ranges begin at multiples of this, so that their bytes begin at multiples of 256. */
const ROWS = 64;

/** Splits a weight that is larger than one binding may be into row ranges over the same buffer. */
export function splitWeight(gpu: Gpu, weight: GpuWeight): GpuWeight {
  const limit = gpu.device.limits.maxStorageBufferBindingSize;
  const largest = Math.max(weight.data.size, weight.scales?.size ?? 0);
  if (largest <= limit) return weight;
  const rowBytes = weight.data.size / weight.rows;
  const scaleBytes = weight.scales ? weight.scales.size / weight.rows : 0;
  const step = Math.floor(limit / Math.max(rowBytes, scaleBytes) / ROWS) * ROWS;
  const parts = [];
  for (let begin = 0; begin < weight.rows; begin += step) {
    const end = Math.min(begin + step, weight.rows);
    const rows = end - begin;
    parts.push({
      begin,
      end,
      weight: {
        rows,
        cols: weight.cols,
        type: weight.type,
        data: slice(weight.data, begin * rowBytes, rows * rowBytes),
        scales: weight.scales && slice(weight.scales, begin * scaleBytes, rows * scaleBytes),
      },
    });
  }
  return { ...weight, parts };
}
