import type { AdapterFormat, ExportFormat } from '../format.ts';
import { continued } from './continue.ts';
import { gguf } from './gguf.ts';
import { merged } from './merged.ts';
import { mergedGguf } from './merged-gguf.ts';
import { mlx } from './mlx.ts';
import { peft } from './peft.ts';

/** Every export format, in the order of choices. To add one: a file beside these, and its line here. */
export const FORMATS = [peft, gguf, mlx, merged, mergedGguf, continued] as const;

/** A format by the name that requests and `--format` use. */
export type FormatId = (typeof FORMATS)[number]['id'];

export function formatOf(id: FormatId): ExportFormat<FormatId> {
  const found = FORMATS.find((format) => format.id === id);
  if (found) return found;
  throw new RangeError(`no export format ${id}`);
}

/** Those that an adapter is written in. */
export function adapterFormats(): AdapterFormat<FormatId>[] {
  return FORMATS.filter((format) => format.from === 'adapter');
}
