import { ENOUGH, type Judged, shareOf } from '../../data/metric.ts';
import { fieldOutcomes, scoresOf } from '../../data/scores.ts';
import type { Criterion } from '../criterion.ts';
import { bootstrapInterval } from '../statistics.ts';
import type { MeasuredRung, RungRow } from './measure.ts';

/** A part of the held-out rows, or of what they ask for, with what a rung came to there. */
export interface Part {
  by: 'label' | 'field' | 'kind' | 'length';
  /** For people. */
  part: string;
  rows: number;
  /** In [0, 1]: what the ladder is judged by; of a field the share of rows in which it is right. */
  metric: number;
  interval: [number, number];
}

/** For people. */
export const BY: Record<Part['by'], string> = {
  label: 'Label',
  field: 'Field',
  kind: 'Kind of question',
  length: 'Length of question',
};

/** Kinds of held-out questions (kinds.ts), in the order of the rows. */
export type HeldOutKinds = { names: readonly string[]; heldOut: readonly number[] };

/** With fewer rows there are no thirds to compare. */
const FEWEST_FOR_THIRDS = 9;

/** Whether some rung is as good as a task calls for: 90 % right, or 60 % of the words where rows only show a style. */
export function goodEnough(measured: readonly MeasuredRung[], criterion: Criterion): boolean {
  const enough = typeof criterion === 'string' ? ENOUGH[criterion] : ENOUGH.answers;
  return measured.some(({ rows }) => shareOf(rows) >= enough);
}

/**
 * The figures of a rung by part, the worst first: by label where references are labels, by field where they are JSON
 * objects, by kind of question where kinds were found, and by thirds of the length of the question.
 */
export function partsOf(rows: readonly RungRow[], kinds: HeldOutKinds | null, seed: number): Part[] {
  const parts: Part[] = [];
  const add = (by: Part['by'], grouped: ReadonlyMap<string, readonly Judged[]>) => {
    if (grouped.size < 2) return;
    for (const [part, own] of grouped)
      parts.push({
        ...{ by, part, rows: own.length },
        ...{ metric: shareOf(own), interval: bootstrapInterval(own, seed) },
      });
  };
  const { label_accuracy, field_accuracy } = scoresOf(
    rows.map(({ reference }) => ({ answer: reference, reference })),
  );
  if (label_accuracy !== null)
    add(
      'label',
      groupedBy(rows, ({ reference }) => reference.trim().toLowerCase()),
    );
  if (field_accuracy !== null) add('field', fieldsOf(rows));
  if (kinds)
    add(
      'kind',
      groupedBy(rows, (_, i) => kinds.names[kinds.heldOut[i]]),
    );
  add('length', thirds(rows));
  return parts.sort((a, b) => a.metric - b.metric || b.rows - a.rows);
}

function groupedBy<T>(rows: readonly T[], of: (row: T, i: number) => string): Map<string, T[]> {
  const grouped = new Map<string, T[]>();
  rows.forEach((row, i) => {
    const part = of(row, i);
    grouped.set(part, [...(grouped.get(part) ?? []), row]);
  });
  return grouped;
}

/** Of each field of the references, the rows that have it. */
function fieldsOf(rows: readonly RungRow[]): Map<string, Judged[]> {
  const grouped = new Map<string, Judged[]>();
  for (const { answer, reference } of rows)
    for (const [field, right] of fieldOutcomes({ answer: answer ?? '', reference }))
      grouped.set(field, [...(grouped.get(field) ?? []), { right: right ? 1 : 0, of: 1 }]);
  return grouped;
}

/** Rows by the length of what they ask last, the bounds taken so that a third of the rows is in each. */
function thirds(rows: readonly RungRow[]): Map<string, RungRow[]> {
  if (rows.length < FEWEST_FOR_THIRDS) return new Map();
  const lengths = rows.map(({ prompt }) => prompt.length).sort((a, b) => a - b);
  const [short, middle] = [1, 2].map((third) => lengths[Math.ceil((third * rows.length) / 3) - 1]);
  return groupedBy(rows, ({ prompt: { length } }) =>
    length <= short
      ? `up to ${short} characters`
      : length <= middle
        ? `${short + 1} to ${middle} characters`
        : `more than ${middle} characters`,
  );
}
