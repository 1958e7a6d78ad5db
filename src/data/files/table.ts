import { DelimitedParser, delimiterOf } from './delimited.ts';
import { type Bytes, type MakeScratch, type OneFile, TextWriter } from './one-file.ts';

/** A table with its columns' names in the first record → an object a record. @param text UTF-8 */
export async function tableToLines(
  text: AsyncIterable<Bytes>,
  delimiter: string | null,
  makeScratch: MakeScratch,
): Promise<OneFile> {
  const lines: number[] = [];
  const problems = new Map<number, string>();
  const writer = new TextWriter(makeScratch());
  let columns: string[] | null = null;
  let keys: string[] = [];
  const decoder = new TextDecoder();
  let parser: DelimitedParser | null = null;
  let told: string | undefined;
  for await (const chunk of text) {
    const piece = decoder.decode(chunk, { stream: true });
    if (!parser) told = /^\uFEFF?sep=([^\r\n])\r?\n/i.exec(piece)?.[1];
    parser ??= new DelimitedParser(told ?? delimiter ?? delimiterOf(piece), ({ line, fields, problem }) => {
      // Excel's own line before the columns.
      if (told !== undefined && line === 1) return;
      if (!columns) {
        columns = columnNames(fields);
        keys = columns.map((name) => JSON.stringify(name));
        return;
      }
      lines.push(line);
      const wrong = problem ?? misfit(fields, columns);
      if (wrong) problems.set(lines.length, wrong);
      else writer.add(objectText(fields, columns, keys));
      writer.add('\n');
    });
    parser.push(piece);
    await writer.flush();
  }
  parser?.end();
  return { blob: await writer.end(), lines: Uint32Array.from(lines), problems };
}

function columnNames(fields: readonly string[]): string[] {
  const names: string[] = [];
  for (const [i, field] of fields.entries()) {
    const name = field.trim() || `column ${i + 1}`;
    names.push(names.includes(name) ? `${name} ${i + 1}` : name);
  }
  return names;
}

function misfit(fields: readonly string[], columns: readonly string[]): string | null {
  const kept = fields.findLastIndex((field, i) => i < columns.length || field !== '') + 1;
  if (kept === columns.length) return null;
  const count = (n: number, one: string) => `${n} ${n === 1 ? one : `${one}s`}`;
  return `The row has ${count(fields.length, 'field')}, and the first line names ${count(columns.length, 'column')}.`;
}

/** `keys`: the columns as JSON has them. */
function objectText(fields: readonly string[], columns: readonly string[], keys: readonly string[]): string {
  let text = '';
  for (let i = 0; i < columns.length; i++)
    text += `${i > 0 ? ',' : '{'}${keys[i]}:${JSON.stringify(fields[i])}`;
  return `${text}}`;
}
