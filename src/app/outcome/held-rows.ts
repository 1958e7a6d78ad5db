import type { HeldRow, Side } from '../state/outcome.ts';

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

const NOT_YET: Side = { answer: null, loss: null };

/** The rows that were measured at the run's end, by the adapter of another step, as far as that is known. */
export function rowsAt(
  rows: readonly HeldRow[],
  sides: Readonly<Record<number, Side>>,
): { rows: HeldRow[]; measured: number } {
  const measured = rows.filter((row) => row.tuned);
  return {
    rows: measured.map((row) => ({ ...row, tuned: sides[row.row] ?? NOT_YET })),
    measured: measured.filter(({ row }) => sides[row]).length,
  };
}
