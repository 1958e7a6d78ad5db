import { UserError } from '../../errors.ts';
import { ElementSplitter, type ElementsOf } from './json-elements.ts';
import { type Bytes, chunksOf, type MakeScratch, type OneFile, TextWriter } from './one-file.ts';

/** JSON in any other shape → JSON Lines, an element a line. */

const NEWLINE = new Uint8Array([10]);
const TRAILING = 'There is something after the end of the JSON list.';

const CUT_OFF = 'The file ends within this row: it was cut off. Save or download it again.';

export async function elementsToLines(
  chunks: AsyncIterable<Bytes>,
  of: ElementsOf,
  makeScratch: MakeScratch,
): Promise<OneFile & { cutOff: boolean }> {
  const scratch = makeScratch();
  const lines: number[] = [];
  const problems = new Map<number, string>();
  let pending: Bytes[] = [];
  const splitter = new ElementSplitter(of, {
    write: (bytes) => void pending.push(bytes),
    end(line) {
      lines.push(line);
      pending.push(NEWLINE);
    },
    trailing(line) {
      lines.push(line);
      problems.set(lines.length, TRAILING);
      pending.push(NEWLINE);
    },
  });
  const flush = async (): Promise<void> => {
    if (pending.length > 0) await scratch.write(joined(pending));
    pending = [];
  };
  for await (const chunk of chunks) {
    splitter.push(chunk);
    await flush();
  }
  const within = splitter.end();
  if (within === 'element') problems.set(lines.length, CUT_OFF);
  await flush();
  return { blob: await scratch.end(), lines: Uint32Array.from(lines), problems, cutOff: within === 'list' };
}

/**
 * A table by columns (`{"prompt": ["a", …], "completion": […]}`, or pandas' `{"prompt": {"0": "a", …}}`) → an object a
 * row. Each column is written for itself, then they are read side by side, so that no column is held.
 *
 * @throws UserError `wrong-file` where the columns do not fit.
 */
export async function columnsToLines(
  chunks: AsyncIterable<Bytes>,
  called: string,
  makeScratch: MakeScratch,
): Promise<OneFile> {
  const columns = new Map<string, { scratch: ReturnType<MakeScratch>; pending: Bytes[]; lines: number[] }>();
  const columnOf = (key: string) => {
    const known = columns.get(key);
    if (known) return known;
    const column = { scratch: makeScratch(), pending: [], lines: [] };
    columns.set(key, column);
    return column;
  };
  const encoder = new TextEncoder();
  const splitter = new ElementSplitter(
    { depth: 2, key: null },
    {
      write: (bytes, key) => void columnOf(key).pending.push(bytes),
      end(line, key, entry) {
        const column = columnOf(key);
        column.lines.push(line);
        // What stands after the last tab is the element's key, in which JSON allows none.
        column.pending.push(encoder.encode(`\t${entry}\n`));
      },
      trailing: () => {},
    },
  );
  for await (const chunk of chunks) {
    splitter.push(chunk);
    for (const column of columns.values()) {
      if (column.pending.length > 0) await column.scratch.write(joined(column.pending));
      column.pending = [];
    }
  }
  const counts = [...columns].map(([key, { lines }]) => `${key} ${lines.length}`);
  const [first] = columns.values();
  if (!first || [...columns.values()].some(({ lines }) => lines.length !== first.lines.length))
    throw misfit(called, `they have different lengths (${counts.join(', ')})`);
  const names = [...columns.keys()].map((key) => JSON.stringify(key));
  const blobs = await Promise.all([...columns.values()].map(({ scratch }) => scratch.end()));
  const readers = blobs.map(linesOf);
  const writer = new TextWriter(makeScratch());
  for (let row = 0; row < first.lines.length; row++) {
    const cells = await Promise.all(readers.map(async (reader) => (await reader.next()).value ?? '\t'));
    const entries = cells.map((cell) => cell.slice(cell.lastIndexOf('\t') + 1));
    if (entries.some((entry) => entry !== entries[0]))
      throw misfit(called, `row ${row + 1} is ${entries.join(' in one and ')} in another`);
    writer.add(
      `{${cells.map((cell, i) => `${names[i]}:${cell.slice(0, cell.lastIndexOf('\t'))}`).join(',')}}\n`,
    );
    await writer.flush();
  }
  return { blob: await writer.end(), lines: Uint32Array.from(first.lines), problems: new Map() };
}

function misfit(called: string, why: string): UserError {
  return new UserError(
    'wrong-file',
    `${called} is a table by columns that do not fit: ${why}. Nothing was changed. Save it as a list of rows.`,
  );
}

async function* linesOf(blob: Blob): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunksOf(blob)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

function joined(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
