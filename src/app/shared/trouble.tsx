import type { PageError } from '../state/errors.ts';
import css from './shared.module.css';

/** A failure in place: the sentence says what happened and what is safe; at most one button goes on from there. */
export function Trouble({ error, next }: { error: PageError; next?: { label: string; run(): void } }) {
  return (
    <div className={css.trouble} role="alert">
      <p>
        <strong>{titles[error.code] ?? 'This did not work.'}</strong> {error.text}
      </p>
      {next && (
        <button type="button" className={css.button} onClick={next.run}>
          {next.label}
        </button>
      )}
    </div>
  );
}

const titles: Record<string, string> = {
  unexpected: 'A fault of the page.',
  busy: 'Not while a run is going.',
};
