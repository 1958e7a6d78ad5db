import type { HeldRow } from '../state/outcome.ts';

/** Change of a row's loss through training, below zero where it got better; null until both are measured. */
export function lossChange({ base, tuned }: HeldRow): number | null {
  return base?.loss == null || tuned?.loss == null ? null : tuned.loss - base.loss;
}

export type Column = 'line' | 'change';
export interface Order {
  by: Column;
  down: boolean;
}

/** Rows in this order; those without a number stand last either way. */
export function sortedRows(rows: readonly HeldRow[], { by, down }: Order): HeldRow[] {
  const value = (row: HeldRow) => (by === 'line' ? row.line : lossChange(row));
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    return (down ? b.key - a.key : a.key - b.key) || a.row.line - b.row.line;
  });
  return keyed.map(({ row }) => row);
}

/** A change with its sign, as a true minus sign reads: −3.10, +0.20. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  if (Number(text) === 0) return '0.00';
  return `${value < 0 ? '−' : '+'}${text}`;
}
