import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { looksLikeTurns } from '../forms/turns.ts';

/**
 * A JSON Lines reader that holds one line at a time. Lines are views into the chunk that they came in, so a
 * 500 MB file costs a chunk of memory, not a file; a line above `maxLineBytes` is passed over without being
 * kept, and reported with `bytes: null`.
 */

/** Longest line that is read, in bytes. */
export const MAX_LINE_BYTES = 4 << 20;

export interface Line {
  /** From 1. */
  number: number;
  /** Where the line begins in the file, in bytes; a byte order mark is not part of it. */
  offset: number;
  /** In bytes, without the line feed and a carriage return before it. */
  length: number;
  /** Valid only until the visitor returns. Null: the line is longer than the limit. */
  bytes: Uint8Array | null;
}

const LF = 10;
const CR = 13;
const BOM = [0xef, 0xbb, 0xbf];

/** Cuts chunks of bytes into lines. Call `push` with each chunk in order, then `end` once. */
export class LineSplitter {
  private readonly visit: (line: Line) => void;
  private readonly maxLineBytes: number;
  /** Parts of the line that is not complete yet; empty once it is over the limit. */
  private parts: Uint8Array[] = [];
  private partBytes = 0;
  private lineNumber = 1;
  private lineOffset = 0;
  private position = 0;

  constructor(visit: (line: Line) => void, maxLineBytes = MAX_LINE_BYTES) {
    this.visit = visit;
    this.maxLineBytes = maxLineBytes;
  }

  push(chunk: Uint8Array): void {
    let begin = 0;
    for (;;) {
      const end = chunk.indexOf(LF, begin);
      if (end === -1) break;
      if (this.partBytes === 0) this.emit(chunk.subarray(begin, end), end - begin);
      else {
        this.hold(chunk.subarray(begin, end));
        this.emitHeld();
      }
      begin = end + 1;
      this.lineNumber++;
      this.lineOffset = this.position + begin;
    }
    // The chunk may be reused by whoever reads the file, so an incomplete line is copied.
    if (begin < chunk.length) this.hold(chunk.slice(begin));
    this.position += chunk.length;
  }

  /** The last line, where no line feed ended it. */
  end(): void {
    if (this.partBytes > 0) this.emitHeld();
  }

  private hold(part: Uint8Array): void {
    this.partBytes += part.length;
    // Three bytes more than the limit may be a byte order mark, one a carriage return.
    if (this.partBytes > this.maxLineBytes + 4) this.parts = [];
    else this.parts.push(part);
  }

  private emitHeld(): void {
    const length = this.partBytes;
    let bytes: Uint8Array | null = null;
    if (length <= this.maxLineBytes + 4) {
      bytes = new Uint8Array(length);
      let at = 0;
      for (const part of this.parts) {
        bytes.set(part, at);
        at += part.length;
      }
    }
    this.parts = [];
    this.partBytes = 0;
    this.emit(bytes, length);
  }

  private emit(bytes: Uint8Array | null, length: number): void {
    let offset = this.lineOffset;
    if (bytes && offset === 0 && BOM.every((byte, i) => bytes![i] === byte)) {
      bytes = bytes.subarray(3);
      offset = 3;
      length -= 3;
    }
    if (bytes && length > 0 && bytes[length - 1] === CR) {
      length--;
      bytes = bytes.subarray(0, length);
    }
    if (length > this.maxLineBytes) bytes = null;
    this.visit({ number: this.lineNumber, offset, length, bytes });
  }
}

export interface ScanOptions {
  maxLineBytes?: number;
  /** Told after each chunk, in bytes. */
  progress?: (done: number) => void;
  signal?: AbortSignal;
}

/** The chunks of a file, in order; in Node tests also anything else that yields bytes. */
export type ChunkSource = Blob | AsyncIterable<Uint8Array>;

/**
 * Visits every line of a file in one pass, and hashes it in the same pass.
 *
 * @returns its size in bytes and SHA-256 in lower-case hex.
 * @throws the signal's reason when aborted; what the file's reader throws (a file changed on disk since it was
 *   picked is a `NotReadableError`).
 */
export async function scanLines(
  source: ChunkSource,
  visit: (line: Line) => void,
  options: ScanOptions = {},
): Promise<{ bytes: number; sha256: string }> {
  const hash = sha256.create();
  const splitter = new LineSplitter(visit, options.maxLineBytes);
  let bytes = 0;
  for await (const chunk of chunksOf(source)) {
    options.signal?.throwIfAborted();
    hash.update(chunk);
    splitter.push(chunk);
    bytes += chunk.length;
    options.progress?.(bytes);
  }
  options.signal?.throwIfAborted();
  splitter.end();
  return { bytes, sha256: bytesToHex(hash.digest()) };
}

const CHUNK_BYTES = 1 << 20;

async function* chunksOf(source: ChunkSource): AsyncIterable<Uint8Array> {
  if (!(source instanceof Blob)) {
    yield* source;
    return;
  }
  // Slices and not `stream()`: the size of a stream's chunks is the browser's choice (64 KiB in some), and each
  // costs a turn of the event loop.
  for (let begin = 0; begin < source.size; begin += CHUNK_BYTES) {
    yield new Uint8Array(await source.slice(begin, begin + CHUNK_BYTES).arrayBuffer());
  }
}

export type ParsedLine =
  | { kind: 'blank' }
  | { kind: 'object'; value: Record<string, unknown>; text: string }
  | { kind: 'bad'; reason: string };

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Parses one line of a JSONL file. A line that is no JSON object comes back as a sentence, not as an exception. */
export function parseLine(line: Line, maxLineBytes = MAX_LINE_BYTES): ParsedLine {
  if (line.bytes === null) {
    const size = (line.length / (1 << 20)).toFixed(1);
    return {
      kind: 'bad',
      reason: `The line is ${size} MB long; lines above ${maxLineBytes / (1 << 20)} MB are not read.`,
    };
  }
  if (isBlank(line.bytes)) return { kind: 'blank' };
  let text: string;
  try {
    text = strictDecoder.decode(line.bytes);
  } catch {
    return { kind: 'bad', reason: 'The line is not valid UTF-8 text.' };
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    if (/^\s*\{\s*'/.test(text))
      return {
        kind: 'bad',
        reason: "The line is a Python dict in single quotes, not JSON; write it with Python's json.dumps.",
      };
    const detail = error instanceof Error ? error.message : 'cannot be parsed';
    return { kind: 'bad', reason: `The line is not valid JSON (${withoutLine(detail).slice(0, 160)}).` };
  }
  const row = asRow(value);
  if (row) return { kind: 'object', value: row, text };
  const what = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  return { kind: 'bad', reason: `The line is ${what}, not a JSON object.` };
}

/**
 * JSON as scripts write it: a comma after the object, which makes lines of a list; and NaN and Infinity, which Python
 * writes for numbers that are none, as null.
 *
 * @throws SyntaxError of the text as it stands
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const loose = text
      .replace(/,\s*$/, '')
      .replace(STRING_OR_NO_NUMBER, (found) => (found[0] === '"' ? found : 'null'));
    if (loose === text) throw error;
    try {
      return JSON.parse(loose);
    } catch {
      throw error;
    }
  }
}

/** A row as an object: a list is its turns, or a question and its answer where it is two texts. Null: it is neither. */
export function asRow(value: unknown): Record<string, unknown> | null {
  if (Array.isArray(value)) {
    if (looksLikeTurns(value)) return { messages: value };
    const isPair = value.length === 2 && value.every((item) => typeof item === 'string');
    return isPair ? { prompt: value[0], completion: value[1] } : null;
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

/** Strings are passed over whole, so that what they say is not changed. */
const STRING_OR_NO_NUMBER = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** To the engine each line is line 1, which would contradict the number that stands beside the reason. */
function withoutLine(message: string): string {
  return message.replace(/ \(line 1 column \d+\)| at line 1 column \d+ of the JSON data/, '');
}

function isBlank(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 32 && byte !== 9 && byte !== CR) return false;
  return true;
}
