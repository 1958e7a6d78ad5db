import { type Bytes, type MakeScratch, type OneFile, TextWriter } from './one-file.ts';

/**
 * Plain text → a text a paragraph, cut at blank lines. A paragraph longer than rows are is cut at the end of a sentence,
 * else at a blank, so that nothing of it is lost at the end of a row.
 *
 * @param longest characters of a text
 */
export async function paragraphsToLines(
  text: AsyncIterable<Bytes>,
  longest: number,
  makeScratch: MakeScratch,
): Promise<OneFile> {
  const lines: number[] = [];
  const writer = new TextWriter(makeScratch());
  const decoder = new TextDecoder();
  let rest = '';
  let paragraph = '';
  let begun = 1;
  let line = 0;
  const add = (part: string): void => {
    const trimmed = part.trim();
    if (trimmed === '') return;
    lines.push(begun);
    writer.add(`${JSON.stringify({ text: trimmed })}\n`);
  };
  const addLine = (given: string): void => {
    line++;
    const own = given.endsWith('\r') ? given.slice(0, -1) : given;
    if (own.trim() === '') {
      add(paragraph);
      paragraph = '';
      return;
    }
    if (paragraph === '') begun = line;
    paragraph += paragraph === '' ? own : `\n${own}`;
    while (paragraph.length > longest) {
      const cut = cutOf(paragraph, longest);
      add(paragraph.slice(0, cut));
      paragraph = paragraph.slice(cut).trimStart();
      begun = line;
    }
  };
  for await (const chunk of text) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = pieces.pop() ?? '';
    for (const piece of pieces) addLine(piece);
    // A file without line breaks is no reason to hold it.
    if (rest.length > 4 * longest) {
      const cut = cutOf(rest, rest.length - longest);
      addLine(rest.slice(0, cut));
      line--;
      rest = rest.slice(cut);
    }
    await writer.flush();
  }
  addLine(rest + decoder.decode());
  add(paragraph);
  return { blob: await writer.end(), lines: Uint32Array.from(lines), problems: new Map() };
}

/** Where a text is cut that may have `longest` characters: after a sentence, a blank, or within a word. */
function cutOf(text: string, longest: number): number {
  const head = text.slice(0, longest);
  const sentence = Math.max(...['. ', '! ', '? ', '.\n', '\n'].map((end) => head.lastIndexOf(end)));
  if (sentence > longest / 2) return sentence + 1;
  const blank = head.lastIndexOf(' ');
  if (blank > longest / 2) return blank;
  // Never between the two halves of a character.
  const last = head.charCodeAt(longest - 1);
  return last >= 0xd800 && last < 0xdc00 ? longest - 1 : longest;
}
