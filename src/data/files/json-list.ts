import { chunksOf, type OneFile } from './one-file.ts';

/**
 * A JSON list → JSON Lines, byte for byte: what separates the elements becomes a line break, a line break inside an
 * element (which JSON allows only between its tokens) becomes a blank. Nothing is parsed here, so a damaged element is
 * a bad line like any other, and a list of any size takes the memory of a chunk.
 */

const [TAB, LF, CR, SPACE, QUOTE, COMMA, BACKSLASH] = [9, 10, 13, 32, 34, 44, 92];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

export async function listToLines(file: Blob, done: (bytes: number) => void): Promise<OneFile> {
  const parts: Blob[] = [];
  const lines: number[] = [];
  const problems = new Map<number, string>();
  let depth = 0;
  let inString = false;
  let escaped = false;
  let line = 1;
  /** Where the element under way begins; 0: not begun. */
  let begun = 0;
  let read = 0;
  let finished = false;
  const endElement = (): void => {
    lines.push(begun || line);
    begun = 0;
  };
  for await (const bytes of chunksOf(file)) {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte === LF) line++;
      const blank = byte === SPACE || byte === TAB || byte === LF || byte === CR;
      if (byte === LF || byte === CR) bytes[i] = SPACE;
      // A byte order mark, or what follows the list.
      if (depth === 0 && (byte !== OPEN_LIST || finished)) {
        if (finished && !blank && problems.size < 1000 && !problems.has(lines.length + 1)) {
          problems.set(lines.length + 1, 'There is something after the end of the JSON list.');
          begun = line;
        }
        bytes[i] = SPACE;
        continue;
      }
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (depth === 0) {
        depth = 1;
        bytes[i] = SPACE;
        continue;
      }
      if (depth === 1 && (byte === COMMA || byte === CLOSE_LIST)) {
        bytes[i] = LF;
        endElement();
        if (byte === CLOSE_LIST) {
          depth = 0;
          finished = true;
        }
        continue;
      }
      if (!blank && begun === 0) begun = line;
      if (byte === QUOTE) inString = true;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++;
      else if ((byte === CLOSE_LIST || byte === CLOSE_OBJECT) && depth > 1) depth--;
    }
    parts.push(new Blob([bytes]));
    read += bytes.length;
    done(read);
  }
  endElement();
  return { blob: new Blob(parts), lines: Uint32Array.from(lines), problems };
}
