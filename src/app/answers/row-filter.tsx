import { useId } from 'react';
import type { DataReport } from '../../data/types.ts';
import { Term } from '../glossary/term.tsx';
import { count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { type RowFilter as Filter, useDataView } from '../state/data-view.ts';
import css from './row-filter.module.css';
import type { Found } from './use-found-rows.ts';

const FILTERS: readonly { id: Filter; label: string }[] = [
  { id: 'all', label: 'All' },
  { id: 'trained', label: 'Trained' },
  { id: 'held-out', label: 'Held out' },
  { id: 'cut', label: 'Cut' },
  { id: 'set-aside', label: 'Skipped' },
];

/** Which rows the list below has, and words to search them for. */
export function RowFilter({ data, found }: { data: DataReport; found: Found }) {
  const filter = useDataView((state) => state.filter);
  const words = useDataView((state) => state.words);
  const id = useId();
  const aside = data.skipped.bad + data.skipped.dropped;
  const none: Partial<Record<Filter, boolean>> = {
    cut: data.truncatedRows === 0,
    'set-aside': aside === 0,
  };
  return (
    <div className={css.filter}>
      <fieldset className={css.chips}>
        <legend className={shared.hidden}>Rows to list</legend>
        {FILTERS.map(({ id: value, label }) => (
          <label key={value} data-no={none[value] || undefined}>
            <input
              type="radio"
              name="row-filter"
              checked={filter === value}
              disabled={none[value]}
              onChange={() => useDataView.setState({ filter: value })}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {filter !== 'set-aside' && (
        <div className={css.search}>
          <label className={shared.hidden} htmlFor={id}>
            Search the rows
          </label>
          <input
            id={id}
            className={css.words}
            type="search"
            placeholder="Search the rows"
            autoComplete="off"
            value={words}
            onChange={(event) => useDataView.setState({ words: event.currentTarget.value })}
          />
          <span className={shared.label} role="status">
            {countWords(found, data.used)}
          </span>
        </div>
      )}
      {filter === 'held-out' && (
        <p className={shared.label}>
          <Term term="evalFraction">Held out</Term> by the recipe as it is now.
        </p>
      )}
      {found.error && <Trouble error={found.error} what="The rows were not searched." />}
    </div>
  );
}

function countWords({ rows, looked }: Found, used: number): string {
  if (looked !== null && looked > 0) return `${count(rows?.length ?? 0)} in the first ${count(looked)} rows…`;
  if (looked !== null) return 'searching…';
  return rows === null ? count(used) : `${count(rows.length)} of ${count(used)}`;
}
