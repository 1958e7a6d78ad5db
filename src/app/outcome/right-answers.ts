import { isRight, type Metric, metricOf } from '../../data/metric.ts';
import { plural } from '../shared/format.ts';
import type { HeldRow } from '../state/outcome.ts';
import { answeredRows } from './figure.ts';

/** Rows in the majority: what always giving the most common label would have right. */
function mostCommon(references: readonly string[]): number {
  const alike = (label: string) =>
    references.filter((reference) => isRight('labels', { answer: label, reference })).length;
  return references.reduce((most, label) => Math.max(most, alike(label)), 0);
}

/** Their share of the answered rows; null where answers are no labels. */
export function majorityShare(rows: readonly HeldRow[]): number | null {
  const references = answeredRows(rows).map(({ reference }) => reference);
  if (references.length === 0 || metricOf(references) !== 'labels') return null;
  return mostCommon(references) / references.length;
}

/**
 * How many held-out rows both models have right, where answers are right or wrong as a whole: labels, beside what always
 * giving the most common one would get, or short answers. Null elsewhere. It quotes nothing.
 */
export function rightSentence(rows: readonly HeldRow[]): string | null {
  const answered = answeredRows(rows);
  const references = answered.map(({ reference }) => reference);
  const metric = metricOf(references);
  if (answered.length === 0 || (metric !== 'labels' && metric !== 'answers')) return null;
  const tuned = rightOf(answered, metric, 'tuned');
  const base = rightOf(answered, metric, 'base');
  const asked = answered.length === 1 ? ' that was asked' : ' that were asked';
  const of = `${plural(answered.length, 'held-out row')}${answered.length < rows.length ? asked : ''}`;
  const worse = tuned < base ? ' Training made it worse.' : '';
  if (metric === 'answers')
    return `Of ${of}, the tuned model answers ${tuned} right; the base model, ${base}.${worse}`;
  const most = mostCommon(references);
  const no = tuned <= most && worse === '' ? ' The adapter is no better than that.' : '';
  return `Of ${of}, the tuned model labels ${tuned} right; the base model, ${base}; always giving the most common label, ${most}.${worse}${no}`;
}

function rightOf(rows: readonly HeldRow[], metric: Metric, side: 'base' | 'tuned'): number {
  return rows.filter((row) => isRight(metric, { answer: row[side]?.answer ?? '', reference: row.reference }))
    .length;
}
