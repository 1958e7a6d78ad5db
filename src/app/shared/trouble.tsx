import type { ErrorCode } from '../../error-codes.ts';
import { Cross } from './icons.tsx';
import type { PageError } from './page-error.ts';
import css from './shared.module.css';

/** A failure, shown where it happened: what happened, what is safe, and at most one button for the next thing to do. */
export function Trouble(props: {
  error: PageError;
  /** What did not come about, as a sentence, where the error does not say it. */
  what: string;
  next?: { label: string; run(): void };
  /** Set where the page works regardless, so that the message can be closed. */
  onClose?(): void;
}) {
  const { error, what, next, onClose } = props;
  return (
    <div className={css.trouble} role="alert">
      <p>
        <strong>{error.title ?? titles[error.code] ?? what}</strong> {error.text}
      </p>
      {onClose && (
        <button type="button" className={css.closeTrouble} aria-label="Close this message" onClick={onClose}>
          <Cross />
        </button>
      )}
      {next && (
        <button type="button" className={css.button} onClick={next.run}>
          {next.label}
        </button>
      )}
    </div>
  );
}

const titles: Partial<Record<ErrorCode, string>> = {
  unexpected: 'A bug in this page.',
  busy: 'Not during a run.',
};
