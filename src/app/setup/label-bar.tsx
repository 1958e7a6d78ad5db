import type { DataReport } from '../../data/types.ts';
import { Term } from '../glossary/term.tsx';
import { count, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import css from './label-bar.module.css';

/** Rows below which a label is hardly learned, and of which one in ten held out is none. */
const FEW = 10;
/** Labels that are named; the rest are counted. */
const NAMED = 8;

/** How many rows each label has, as shares of one bar and in words; labels of few rows are warned of. */
export function LabelBar({ labels }: { labels: NonNullable<DataReport['labels']> }) {
  const few = labels.filter(({ rows }) => rows < FEW);
  const named = labels.length > NAMED + 1 ? labels.slice(0, NAMED) : labels;
  return (
    <div className={css.labels}>
      <div className={shared.label}>
        <Term term="labels">{plural(labels.length, 'label')}</Term>
      </div>
      <div className={css.bar} aria-hidden="true">
        {labels.map(({ label, rows }) => (
          <i key={label} style={{ flexGrow: rows }} data-few={rows < FEW || undefined} />
        ))}
      </div>
      <ul className={css.names} aria-label="Rows of each label">
        {named.map(({ label, rows }) => (
          <li key={label} data-few={rows < FEW || undefined}>
            <span dir="auto">{label}</span> {count(rows)}
          </li>
        ))}
        {labels.length > named.length && <li>and {count(labels.length - named.length)} more</li>}
      </ul>
      {few.length > 0 && <p className={css.warning}>{warningOf(few)}</p>}
    </div>
  );
}

/** What few rows mean, with the labels that have them. */
export function warningOf(few: readonly { label: string; rows: number }[]): string {
  const [first] = few;
  const who =
    few.length === 1
      ? `“${first.label}” has ${plural(first.rows, 'row')}`
      : `${count(few.length)} labels have fewer than ${FEW} rows`;
  return `${who}: too few to be learned well, or to be judged on held-out rows.`;
}
