/** A list of numbers that grows without boxing them: half a million row offsets take 4 MB. */
class NumberList<T extends Float64Array | Uint32Array> {
  private data: T;
  private readonly make: (length: number) => T;
  length = 0;

  constructor(make: (length: number) => T) {
    this.make = make;
    this.data = make(1024);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const wider = this.make(this.data.length * 2);
      wider.set(this.data);
      this.data = wider;
    }
    this.data[this.length++] = value;
  }

  at(index: number): number {
    return this.data[index];
  }

  /** The values in use; valid until the next push. */
  values(): T {
    return this.data.subarray(0, this.length) as T;
  }
}

/** Where the usable rows of a file lie, 24 bytes a row. */
export class RowIndex {
  private readonly offsets = new NumberList((length) => new Float64Array(length));
  private readonly lengths = new NumberList((length) => new Uint32Array(length));
  private readonly lines = new NumberList((length) => new Uint32Array(length));
  private readonly hashes = new NumberList((length) => new Float64Array(length));

  get rows(): number {
    return this.offsets.length;
  }

  push(row: { offset: number; length: number; line: number; hash: number }): void {
    this.offsets.push(row.offset);
    this.lengths.push(row.length);
    this.lines.push(row.line);
    this.hashes.push(row.hash);
  }

  at(index: number): { offset: number; length: number; line: number } {
    return { offset: this.offsets.at(index), length: this.lengths.at(index), line: this.lines.at(index) };
  }

  /** Rows whose text another row before them already has. */
  duplicates(): number {
    const sorted = this.hashes.values().slice().sort();
    let count = 0;
    for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) count++;
    return count;
  }

  /** How many of these rows have the very text of a row that is not among them. */
  alsoOutside(rows: readonly number[]): number {
    const among = new Set(rows);
    const outside = new Set<number>();
    for (let i = 0; i < this.rows; i++) if (!among.has(i)) outside.add(this.hashes.at(i));
    return rows.reduce((count, row) => count + (outside.has(this.hashes.at(row)) ? 1 : 0), 0);
  }

  /** The same without the rows that `keep` refuses. */
  filter(keep: (index: number) => boolean): RowIndex {
    const kept = new RowIndex();
    for (let i = 0; i < this.rows; i++) {
      if (keep(i)) kept.push({ ...this.at(i), hash: this.hashes.at(i) });
    }
    return kept;
  }
}

/**
 * A 53-bit hash of bytes (cyrb53: two multiplicative lanes). Half a million rows collide with a chance of 1 in
 * 70,000; it only counts duplicates.
 */
export function hashBytes(bytes: Uint8Array): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i], 2654435761);
    b = Math.imul(b ^ bytes[i], 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
