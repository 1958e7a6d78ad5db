import { exportAdapter } from '../../../src/export/export.ts';
import type { ExportDtype, ExportModel } from '../../../src/export/format.ts';
import { adapterFormats, type FormatId } from '../../../src/export/formats/list.ts';
import type { AdapterWeights } from '../../../src/methods/types.ts';

/** The files of an export, without its card and what lies beside it. */
export async function exported(
  id: FormatId,
  { source, config }: ExportModel,
  weights: AdapterWeights,
  dtype: ExportDtype | null = null,
) {
  const format = adapterFormats().find((one) => one.id === id)!;
  const input = { source, config, weights, dtype, target: 'name', chat: false, record: null };
  const { files } = await exportAdapter(format, input);
  return files
    .filter(({ path }) => path !== 'README.md')
    .map(({ path, blob }) => ({
      path,
      blob,
      bytes: async () => new Uint8Array(await blob.arrayBuffer()),
    }));
}

/** The one file of an export. */
export async function exportedFile(...what: Parameters<typeof exported>): Promise<Uint8Array<ArrayBuffer>> {
  const [file] = await exported(...what);
  return file.bytes();
}
