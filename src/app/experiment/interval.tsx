import { percent } from '../shared/format.ts';
import css from './experiment.module.css';

interface IntervalOf {
  /** Shares from 0 to 1. */
  of: { metric: number; interval: readonly [number, number] };
  tuned: boolean;
}

/** The figure as a bar from 0 to 1, the interval as a line over it. */
export function Interval({ of: { metric, interval }, tuned }: IntervalOf) {
  const [from, to] = interval;
  return (
    <div className={css.figure}>
      <span className={css.bar} aria-hidden="true">
        <i data-tuned={tuned || undefined} style={{ width: `${100 * metric}%` }} />
        <b style={{ left: `${100 * from}%`, width: `${100 * (to - from)}%` }} />
      </span>
      <span>
        {percent(metric)}{' '}
        <small>
          {Math.round(100 * from)}–{Math.round(100 * to)}
        </small>
      </span>
    </div>
  );
}
