import type { Bytes } from './one-file.ts';

/**
 * The elements of a JSON file one after another, byte for byte: those of a list, objects that stand one after another,
 * or the elements of lists (or objects) within an object. Nothing is parsed, so a damaged element is a bad line like any
 * other, and a file of any size takes the memory of a chunk.
 */
export interface ElementsOf {
  /** How deep the elements lie: 0 one after another, 1 in a list or object, 2 in those of an object's keys. */
  depth: 0 | 1 | 2;
  /** Depth 2: the key whose elements are wanted; null: those of every key. */
  key?: string | null;
}

export interface ElementSink {
  /** A piece of an element; line breaks in it are blanks. `key`: whose element it is (depth 2). */
  write(bytes: Bytes, key: string): void;
  /** The element ended. `line`: where it began. `entry`: its own key as JSON, where it is one of an object's. */
  end(line: number, key: string, entry: string): void;
  /** Something stands after the end of it all. */
  trailing(line: number): void;
}

const [TAB, LF, CR, SPACE, QUOTE, COMMA, COLON, BACKSLASH] = [9, 10, 13, 32, 34, 44, 58, 92];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

export class ElementSplitter {
  readonly #base: number;
  readonly #wanted: string | null;
  readonly #sink: ElementSink;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #line = 1;
  /** Where the element under way begins; 0: not begun. */
  #begun = 0;
  #finished = false;
  #trailing = false;
  /** Within the list or object whose elements are wanted. */
  #active: boolean;
  /** That is an object: what stands before a colon is a key. */
  #entries = false;
  #beforeColon = false;
  /** The string under way is a key, gathered here. */
  #keyBytes: number[] | null = null;
  #lastKey = '';
  #key = '';
  #entry = '';

  constructor(of: ElementsOf, sink: ElementSink) {
    this.#base = of.depth;
    this.#wanted = of.key ?? null;
    this.#sink = sink;
    this.#active = of.depth === 0;
  }

  push(bytes: Bytes): void {
    // An element that is under way goes on.
    let from = this.#begun > 0 ? 0 : -1;
    const flush = (to: number): void => {
      if (from >= 0 && to > from) this.#sink.write(bytes.slice(from, to), this.#key);
      from = -1;
    };
    for (let i = 0; i < bytes.length; i++) {
      if (this.#inString && !this.#escaped && !this.#keyBytes) {
        i = endOfWords(bytes, i);
        if (i === bytes.length) break;
      }
      const byte = bytes[i];
      if (byte === LF) this.#line++;
      const blank = byte === SPACE || byte === TAB || byte === LF || byte === CR;
      // JSON allows these only between its tokens.
      if (byte === LF || byte === CR) bytes[i] = SPACE;
      if (this.#inString) {
        this.#keyBytes?.push(byte);
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#endString();
        // A string that a line break ends is damaged: the next line begins anew.
        else if (byte === LF && this.#base === 0) {
          flush(i);
          this.#inString = false;
          this.#depth = 0;
          this.#endElement();
        }
        continue;
      }
      const inElement = this.#active && this.#depth >= this.#base && !this.#beforeColon;
      if (byte === QUOTE) {
        this.#inString = true;
        if (this.#base === 2 && this.#depth === 1) this.#keyBytes = [byte];
        else if (this.#active && this.#depth === this.#base && this.#beforeColon) this.#keyBytes = [byte];
        else if (inElement) from = this.#begin(from, i);
        else if (!this.#active) this.#after(blank);
        continue;
      }
      if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        if (inElement) from = this.#begin(from, i);
        else if (this.#depth === 0 && this.#finished) this.#after(false);
        this.#depth++;
        if (!this.#active && !this.#finished && this.#depth === this.#base) this.#open(byte === OPEN_OBJECT);
        continue;
      }
      if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        if (this.#active && this.#depth === this.#base && this.#base > 0) {
          flush(i);
          this.#endElement();
          this.#active = false;
          this.#beforeColon = false;
        } else if (inElement) from = this.#begin(from, i);
        if (this.#depth > 0) this.#depth--;
        if (this.#base === 0 && this.#depth === 0) {
          flush(i + 1);
          this.#endElement();
        } else if (this.#depth === 0) this.#finished = true;
        continue;
      }
      if (inElement && this.#depth === this.#base && (byte === COMMA || (byte === LF && this.#base === 0))) {
        flush(i);
        this.#endElement();
        this.#beforeColon = this.#entries;
        continue;
      }
      if (byte === COLON && this.#beforeColon && this.#depth === this.#base) {
        this.#beforeColon = false;
        continue;
      }
      if (inElement && (!blank || this.#begun > 0)) from = this.#begin(from, i);
      else if (!this.#active) this.#after(blank);
    }
    flush(bytes.length);
  }

  /** @returns what the text ended within, if it did: an element, or the list or object that has them. */
  end(): 'element' | 'list' | null {
    const inElement = this.#begun > 0 && (this.#inString || this.#depth > this.#base);
    this.#endElement();
    if (inElement) return 'element';
    return this.#active && this.#base > 0 ? 'list' : null;
  }

  #begin(from: number, at: number): number {
    if (this.#begun === 0) this.#begun = this.#line;
    return from < 0 ? at : from;
  }

  #endString(): void {
    this.#inString = false;
    if (!this.#keyBytes) return;
    const text = new TextDecoder().decode(new Uint8Array(this.#keyBytes));
    this.#keyBytes = null;
    if (this.#active) this.#entry = text;
    else this.#lastKey = textOfKey(text);
  }

  #open(isObject: boolean): void {
    if (this.#base === 2) {
      if (this.#wanted !== null && this.#wanted !== this.#lastKey) return;
      this.#key = this.#lastKey;
    }
    this.#active = true;
    this.#entries = isObject;
    this.#beforeColon = isObject;
  }

  #endElement(): void {
    if (this.#begun === 0) return;
    this.#sink.end(this.#begun, this.#key, this.#entry);
    this.#begun = 0;
    this.#entry = '';
  }

  /** Something outside of what is wanted. */
  #after(blank: boolean): void {
    if (!this.#finished || blank || this.#trailing || this.#depth > 0) return;
    this.#trailing = true;
    this.#sink.trailing(this.#line);
  }
}

/** The next byte within a string that is not simply a part of it. */
function endOfWords(bytes: Bytes, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE || byte === BACKSLASH || byte === LF || byte === CR) break;
  }
  return at;
}

function textOfKey(text: string): string {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(1, -1);
  }
}
