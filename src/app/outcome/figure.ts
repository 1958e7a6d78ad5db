import { METRIC_NAMES, metricOf, type Pair, scoreBy, validJson } from '../../data/metric.ts';
import { percent, plural } from '../shared/format.ts';
import type { HeldRow, Side } from '../state/outcome.ts';
import type { Compared } from './verdict.ts';

/** What a run achieved in the task's own terms. Shares in [0, 1]. */
export interface TaskFigure {
  what: string;
  before: number;
  after: number;
  /** Held-out rows that both models answered. */
  rows: number;
  /** On what it rests, and a second figure where there is one. */
  about: string;
}

/** Rows that both models have answered. */
export function answeredRows(rows: readonly HeldRow[]): HeldRow[] {
  return rows.filter((row) => row.base?.answer != null && row.tuned?.answer != null);
}

/** Null where the data do not say what is right, or nothing was answered. */
export function taskFigure(rows: readonly HeldRow[]): TaskFigure | null {
  const answered = answeredRows(rows);
  if (answered.length === 0) return null;
  const metric = metricOf(answered.map(({ reference }) => reference));
  if (metric === 'words') return null;
  const base = pairsOf(answered, (row) => row.base);
  const tuned = pairsOf(answered, (row) => row.tuned);
  const json = [validJson(base), validJson(tuned)];
  const also =
    json[0] !== null && json[1] !== null ? `; JSON valid: ${percent(json[0])} → ${percent(json[1])}` : '';
  return {
    what: METRIC_NAMES[metric],
    before: scoreBy(metric, base),
    after: scoreBy(metric, tuned),
    rows: answered.length,
    about: `on ${plural(answered.length, 'held-out row')}${also}`,
  };
}

/** Rows that were asked with examples in the prompt: base, prompted and, where it answered, tuned. */
export function comparedRows(rows: readonly HeldRow[], examples: number): Compared | null {
  const asked = rows.filter((row) => row.base?.answer != null && row.prompted?.answer != null);
  if (asked.length === 0) return null;
  const metric = metricOf(asked.map(({ reference }) => reference));
  const tuned = asked.every((row) => row.tuned?.answer != null);
  return {
    metric,
    rows: asked.length,
    examples,
    base: scoreBy(
      metric,
      pairsOf(asked, (row) => row.base),
    ),
    prompted: scoreBy(
      metric,
      pairsOf(asked, (row) => row.prompted),
    ),
    tuned: tuned
      ? scoreBy(
          metric,
          pairsOf(asked, (row) => row.tuned),
        )
      : null,
  };
}

function pairsOf(rows: readonly HeldRow[], side: (row: HeldRow) => Side | null): Pair[] {
  return rows.map((row) => ({ answer: side(row)?.answer ?? '', reference: row.reference }));
}
