import css from './dash-key.module.css';

/** The line's pattern in the chart. */
export function DashKey({ dash }: { dash: readonly number[] }) {
  return (
    <svg width="28" height="8" aria-hidden="true" className={css.dash}>
      <line x1="0" x2="28" y1="4" y2="4" strokeDasharray={dash.join(' ')} />
    </svg>
  );
}
