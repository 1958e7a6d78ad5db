import type { ExportDtype } from './export.ts';
import type { ExportFormat } from './how-to-load.ts';

/** What a person's downloads are called. */

interface Form {
  format: ExportFormat | 'continue';
  dtype: ExportDtype | null;
}

/** What an export is called inside a download, and by the commands that load it; '.' for a folder. */
export function exportTarget({ format, dtype }: Form, name: string): string {
  if (format === 'gguf') return `${name}.gguf`;
  return format === 'merged-gguf' ? `${name}-${dtype ?? 'f16'}.gguf` : '.';
}

/** The one file that an export is saved as: a .zip, or the model itself where it is one file. */
export function downloadName(form: Form, name: string): string {
  if (form.format === 'merged-gguf') return exportTarget(form, name);
  return `${name}-${form.format === 'peft' ? 'adapter' : form.format}.zip`;
}

/** A name of the person's choice as part of a file's name: lower-case letters, digits and dashes. */
export function fileName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^\w-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
  return plain === '' ? 'lowrank' : plain;
}
