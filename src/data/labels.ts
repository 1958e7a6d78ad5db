import { LABEL_LENGTH, normalLabel, ROWS_PER_LABEL } from './scores.ts';

/** Different answers beyond which they are no labels, whatever comes after. */
const MOST_LABELS = 60;

/** How many rows each label has; gives up as soon as answers are seen to be none. */
export class LabelCounts {
  private counts: Map<string, { label: string; rows: number }> | null = new Map();
  private rows = 0;

  /** Whether answers may still be labels. */
  get open(): boolean {
    return this.counts !== null;
  }

  /** @param answer what a row answers; empty: it has a text only */
  add(answer: string): void {
    const { counts } = this;
    if (!counts) return;
    this.rows++;
    const text = answer.trim();
    const key = normalLabel(text);
    const known = counts.get(key);
    if (known) known.rows++;
    else if (text === '' || text.length > LABEL_LENGTH || /[\n{]/.test(text) || counts.size >= MOST_LABELS)
      this.counts = null;
    else counts.set(key, { label: text, rows: 1 });
  }

  /** The commonest first; null where the answers are no labels, or all the same. */
  list(): { label: string; rows: number }[] | null {
    const { counts, rows } = this;
    if (!counts || counts.size < 2 || counts.size * ROWS_PER_LABEL > rows) return null;
    return [...counts.values()].sort((a, b) => b.rows - a.rows);
  }
}
