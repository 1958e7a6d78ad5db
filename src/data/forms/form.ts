import type { DataFormat, Example, RowKind } from './row.ts';

export type JsonObject = Record<string, unknown>;

/**
 * A form in which people keep their rows. One file each; `list.ts` has them in the order in which they are tried.
 *
 * A form reads through `Columns`, which notes what was read: the keys of a row that nobody used are known at the end.
 */
export interface Form {
  readonly name: DataFormat;
  /** As the page calls it. */
  readonly label: string;
  /** Two rows of a file, one a line, as the documentation shows them. */
  readonly example: readonly [string, string];
  /** What in the row speaks for this form, to follow "the row has": `a "messages" list`. Null where nothing does. */
  recognise(row: JsonObject): string | null;
  /** @returns the example, or a sentence that says why the row cannot be used. */
  read(row: Columns): Example | string;
  /** Chosen by names that may mean something else: the page asks whether it is right, a command says so. */
  readonly guess?: boolean;
  /** What its rows are for; answers where it says nothing. */
  readonly rows?: RowKind;
  /** Why no row of this form can be trained on, to follow a colon. */
  readonly untrainable?: string;
}

/** The columns of one row, and which of them were used. */
export class Columns {
  readonly row: JsonObject;
  private readonly used = new Set<string>();
  private readonly within = new Set<string>();

  constructor(row: JsonObject) {
    this.row = row;
  }

  /** The value of a column, which is used by this. A column of an object's prototype is none. */
  take(key: string): unknown {
    this.used.add(key);
    return Object.hasOwn(this.row, key) ? this.row[key] : undefined;
  }

  /** The value of the first of these columns that holds something; the others stay unused. */
  takeFirst(keys: readonly string[]): unknown {
    const found = keys.find((key) => isFilled(this.row[key]) && Object.hasOwn(this.row, key));
    return found === undefined ? undefined : this.take(found);
  }

  /** Notes keys of something inside the row (a turn) that were not used. */
  leave(where: string, keys: readonly string[]): void {
    for (const key of keys) this.within.add(`${key} (in ${where})`);
  }

  isUsed(key: string): boolean {
    return this.used.has(key);
  }

  /** Keys that hold something and that nobody used. */
  unused(): string[] {
    const own = Object.keys(this.row).filter((key) => !this.used.has(key) && isFilled(this.row[key]));
    return [...own, ...this.within];
  }
}

/** Null, an empty text, an empty list and an empty object say nothing. */
export function isFilled(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== '';
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
