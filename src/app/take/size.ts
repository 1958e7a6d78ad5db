import type { AdapterFormat, ExportDtype } from '../../export/format.ts';
import type { ModelInfo } from '../../worker/api/api.ts';

/** Bytes of the download, about; null where it is not known what is in the adapter. */
export function sizeOf(
  { dtypes, merged }: Pick<AdapterFormat, 'dtypes' | 'merged'>,
  dtype: ExportDtype | null,
  model: Pick<ModelInfo, 'parameters'>,
  trained: number | null,
): number | null {
  const each = (dtypes.find(({ value }) => value === dtype) ?? dtypes[0]).bytes;
  const values = merged ? model.parameters : trained;
  return values === null ? null : each * values;
}
