import { dtypeOf, type ExportDtype, type FormatWords } from '../../export/format.ts';
import type { ModelInfo } from '../../worker/api/api.ts';

/** Bytes of the download, about; null where it is not known what is in the adapter. */
export function sizeOf(
  format: Pick<FormatWords, 'dtypes' | 'merged'>,
  dtype: ExportDtype | null,
  model: Pick<ModelInfo, 'parameters'>,
  trained: number | null,
): number | null {
  const values = format.merged ? model.parameters : trained;
  return values === null ? null : dtypeOf(format, dtype).bytes * values;
}
