import { UserError } from '../../errors.ts';

/** Documents that a person dropped, as passages that are found and shown to the model. */

export interface Document {
  /** With its ending, which says how it is read. */
  name: string;
  text: string;
}

/** In characters: a passage is no longer, so that several fit into a prompt (one sentence may be), and no shorter where more follows. */
const LONGEST = 400;
const SHORTEST = 40;

const MARKDOWN = /\.(md|markdown)$/i;
const HTML = /\.(html?|xhtml)$/i;
const TEXT = /\.(txt|text)$/i;

/** Whether a file is of a kind that is read, by its ending. */
export function isDocument(name: string): boolean {
  return [MARKDOWN, HTML, TEXT].some((ending) => ending.test(name));
}

/**
 * Documents cut into passages: a paragraph each, since that is what an author put together. Those of fewer than 40 characters
 * are joined with what follows, those of more than 400 cut between sentences. A passage begins with the heading that it
 * stands under.
 *
 * @throws UserError `bad-documents` where a file is neither text, Markdown nor HTML, or there is no text in any
 */
export function passagesOf(documents: readonly Document[]): string[] {
  const passages = documents.flatMap(({ name, text }) => {
    if (!isDocument(name))
      throw new UserError(
        'bad-documents',
        `${name} is not read: documents are text (.txt), Markdown (.md) or HTML (.html). Nothing was changed. Convert it, or leave it out.`,
      );
    return cut(HTML.test(name) ? htmlBlocks(text) : blocksOf(text, MARKDOWN.test(name)));
  });
  if (documents.length > 0 && passages.length === 0)
    throw new UserError(
      'bad-documents',
      'The documents have no text. Nothing was changed. Choose others, or leave the rung out.',
    );
  return passages;
}

interface Block {
  text: string;
  heading: boolean;
}

/** Paragraphs, and headings where they are marked. */
function blocksOf(text: string, headings: boolean): Block[] {
  return text
    .replace(/\r\n?/g, '\n')
    .split(/\n\s*\n|\n(?=#{1,6} )|(?<=^#{1,6} [^\n]*)\n/gm)
    .map((part) => {
      const heading = headings && /^#{1,6} /.test(part.trim());
      return { text: oneLine(heading ? part.trim().replace(/^#+ |\s*#+$/g, '') : part), heading };
    })
    .filter((block) => block.text !== '');
}

const ENTITIES: Record<string, string> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' },
  ...{ ndash: '–', mdash: '—', hellip: '…', laquo: '«', raquo: '»' },
};

/** The text of a page: without scripts, styles and tags; blocks apart; headings known. */
function htmlBlocks(html: string): Block[] {
  return html
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<(script|style|head|template|svg|noscript)\b[\s\S]*?<\/\1\s*>/gi, '')
    .replace(/<h[1-6]\b[^>]*>/gi, '\0\u0001')
    .replace(
      /<\/?(p|div|section|article|li|ul|ol|table|tr|h[1-6]|header|footer|main|nav|pre|blockquote|dl|dt|dd|figure|br|hr)\b[^>]*>/gi,
      '\0',
    )
    .replace(/<[^>]*>/g, '')
    .split('\0')
    .map((part) => ({
      text: oneLine(withoutEntities(part.replace('\u0001', ''))),
      heading: part.startsWith('\u0001'),
    }))
    .filter((block) => block.text !== '');
}

function withoutEntities(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function cut(blocks: readonly Block[]): string[] {
  const passages: string[] = [];
  let heading = '';
  let open = '';
  const close = () => {
    if (open !== '') passages.push(heading === '' ? open : `${heading}: ${open}`);
    open = '';
  };
  for (const block of blocks) {
    if (block.heading) {
      close();
      heading = block.text;
      continue;
    }
    if (open.length >= SHORTEST) close();
    for (const sentence of block.text.length > LONGEST ? sentencesOf(block.text) : [block.text]) {
      if (open !== '' && open.length + sentence.length >= LONGEST) close();
      open = open === '' ? sentence : `${open} ${sentence}`;
    }
  }
  close();
  return passages;
}

function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.!?…]["'”’)]?)\s+/);
}
