import { useId } from 'react';
import { CRITERIA, criterionOf } from '../../lab/criterion.ts';
import { changeMetric } from '../actions/ladder-inputs.ts';
import { settingsLocked } from '../actions/settings.ts';
import { Ask } from '../glossary/term.tsx';
import { pageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { useLadder } from '../state/ladder.ts';
import { useApp } from '../state/store.ts';
import css from './ladder.module.css';

/** Why answers cannot be judged by what was written; null where they can, or nothing was written. */
export function metricProblem(metric: string): string | null {
  if (metric.trim() === '') return null;
  try {
    criterionOf(metric);
    return null;
  } catch (error) {
    return pageError(error).text;
  }
}

/** What counts as right: a metric by its name, or an expression of the person's own. */
export function Metric() {
  const metric = useLadder((ladder) => ladder.metric);
  const locked = useApp(settingsLocked);
  const [field, names, trouble] = [useId(), useId(), useId()];
  const problem = metricProblem(metric);
  return (
    <div className={css.input}>
      <span className={shared.label}>
        <label htmlFor={field}>Metric</label> <Ask term="metric" about="the metric" />
      </span>
      <input
        id={field}
        className={css.prompt}
        type="text"
        spellCheck={false}
        autoComplete="off"
        list={names}
        value={metric}
        disabled={locked}
        placeholder="What the right answers call for"
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : trouble}
        onChange={(event) => changeMetric(event.currentTarget.value)}
      />
      <datalist id={names}>
        {Object.keys(CRITERIA).map((name) => (
          <option key={name} value={name} />
        ))}
        <option value="contains(answer, reference)" />
      </datalist>
      {problem !== null && (
        <p id={trouble} className={shared.faint} role="status">
          Cannot be used: {problem}
        </p>
      )}
    </div>
  );
}
