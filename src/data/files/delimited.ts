/**
 * Delimiter-separated text as RFC 4180 has it: fields between delimiters, records between line breaks (LF, CR LF or
 * CR), a field in double quotes may hold all of these, and a quote in it is written twice. Text comes in pieces of any
 * size; no more than one record is held.
 */
export interface DelimitedRecord {
  /** Where it begins in the text, from 1. */
  line: number;
  fields: string[];
  /** Why it cannot be read, in a sentence, or null. */
  problem: string | null;
}

/** A record that is longer is given up: a quote that was never closed would hold the whole file. */
const MOST_CHARACTERS = 4 << 20;

const QUOTE = 34;
const LF = 10;
const CR = 13;

export class DelimitedParser {
  private readonly delimiter: number;
  private fields: string[] = [];
  /** What is known of the field so far. */
  private field = '';
  /** The field was quoted, and whether the quotes are open still. */
  private quoted = false;
  private open = false;
  private problem: string | null = null;
  private line = 1;
  private recordLine = 1;
  private quoteLine = 1;
  /** Inside quotes, the last character was a CR. */
  private afterCr = false;
  private size = 0;
  /** Last character of the text so far, where it matters for the next: a quote inside quotes, a CR. */
  private pending: 'quote' | 'cr' | null = null;

  /** @param delimiter one character */
  constructor(
    delimiter: string,
    private readonly visit: (record: DelimitedRecord) => void,
  ) {
    this.delimiter = delimiter.charCodeAt(0);
  }

  push(text: string): void {
    const { delimiter } = this;
    let begin = 0;
    let i = 0;
    if (this.pending === 'cr' && text !== '') {
      this.pending = null;
      // The second half of a line break that is counted already.
      if (text.charCodeAt(0) === LF) begin = i = 1;
    }
    for (; i < text.length; i++) {
      if (this.open) {
        if (this.pending === null) {
          i = this.toQuote(text, i);
          this.add(text.slice(begin, i));
          begin = i + 1;
          if (i < text.length) this.pending = 'quote';
          continue;
        }
        this.pending = null;
        if (text.charCodeAt(i) === QUOTE) {
          this.add('"');
          begin = i + 1;
          continue;
        }
        this.open = false;
        begin = i;
      }
      let code = text.charCodeAt(i);
      if (!this.quoted) {
        while (code !== delimiter && code !== LF && code !== CR && code !== QUOTE && i < text.length)
          code = text.charCodeAt(++i);
        if (i === text.length) break;
      }
      if (code === delimiter) {
        this.add(text.slice(begin, i));
        this.endField();
        begin = i + 1;
      } else if (code === LF || code === CR) {
        this.add(text.slice(begin, i));
        this.endRecord();
        if (code === CR && i + 1 === text.length) this.pending = 'cr';
        else if (code === CR && text.charCodeAt(i + 1) === LF) i++;
        begin = i + 1;
      } else if (code === QUOTE && !this.quoted && begin === i && this.field === '') {
        this.quoted = true;
        this.open = true;
        this.quoteLine = this.line;
        begin = i + 1;
      } else if (this.quoted && code !== 32 && code !== 9)
        this.problem ??= 'There is text after a closing quote; a quote inside a field is written twice ("").';
    }
    this.add(text.slice(begin));
  }

  /** The next quote at or behind `from`, or the end; line breaks on the way are counted. */
  private toQuote(text: string, from: number): number {
    let { afterCr, line } = this;
    let i = from;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === QUOTE) break;
      if (code === CR || (code === LF && !afterCr)) line++;
      afterCr = code === CR;
    }
    this.line = line;
    this.afterCr = afterCr;
    return i;
  }

  /** The last record, where no line break ended it. */
  end(): void {
    if (this.pending === 'quote') this.open = false;
    this.pending = null;
    if (this.open) this.problem = `A quote that opens in line ${this.quoteLine} is never closed.`;
    if (this.open || this.field !== '' || this.quoted || this.fields.length > 0) this.endRecord();
  }

  private add(text: string): void {
    this.size += text.length;
    if (this.size > MOST_CHARACTERS) {
      this.problem ??= 'The record is longer than 4 million characters; perhaps a quote is not closed.';
      this.field = '';
    } else this.field += text;
  }

  private endField(): void {
    // Blanks after a closing quote are no part of it.
    this.fields.push(this.field);
    this.field = '';
    this.quoted = false;
  }

  private endRecord(): void {
    const { fields, recordLine, problem } = this;
    this.endField();
    this.fields = [];
    this.problem = null;
    this.open = false;
    this.size = 0;
    this.line++;
    this.recordLine = this.line;
    // A line without anything is no record.
    if (fields.length > 1 || fields[0] !== '' || problem) this.visit({ line: recordLine, fields, problem });
  }
}

/** What separates the fields of a table: most often in its first record, outside quotes. A comma where none does. */
export function delimiterOf(text: string): string {
  let best = ',';
  let most = 0;
  for (const delimiter of [',', '\t', ';', '|']) {
    let count = 0;
    const parser = new DelimitedParser(delimiter, ({ fields }) => {
      if (count === 0) count = fields.length;
    });
    parser.push(text);
    parser.end();
    if (count > most) {
      most = count;
      best = delimiter;
    }
  }
  return best;
}

/** Every record of a short text. */
export function parseDelimited(text: string, delimiter = delimiterOf(text)): DelimitedRecord[] {
  const records: DelimitedRecord[] = [];
  const parser = new DelimitedParser(delimiter, (record) => records.push(record));
  parser.push(text);
  parser.end();
  return records;
}
