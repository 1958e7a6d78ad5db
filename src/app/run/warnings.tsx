import { useApp } from '../state/store.ts';
import css from './finished.module.css';

/** Warnings of the run: the latest is visible, the earlier ones fold out. */
export function Warnings() {
  const warnings = useApp(({ run }) => run.warnings);
  const latest = warnings.at(-1);
  if (latest === undefined) return null;
  if (warnings.length === 1) return <p className={css.warning}>{latest}</p>;
  return (
    <details className={css.warning}>
      <summary>
        {latest} <span>and {warnings.length - 1} more</span>
      </summary>
      <ul>
        {warnings.slice(0, -1).map((text, i) => (
          // Warnings may repeat and never move.
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <li key={i}>{text}</li>
        ))}
      </ul>
    </details>
  );
}
