import { Component, Fragment, type ReactNode } from 'react';
import { MissingPart } from '../shared/import-part.ts';
import css from '../shared/shared.module.css';
import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { Attempt } from './lazy-part.tsx';

interface Props {
  /** What is missing where it fails, as the beginning of a sentence: `The loss chart`. */
  name: string;
  /** What stays at hand beside the sentence. */
  instead?: ReactNode;
  children: ReactNode;
}

/**
 * A part of the page that may fail alone: what it throws while rendering ends here, and the rest of the page, the run
 * and its download stay.
 */
export class Region extends Component<Props, { error: unknown; failed: boolean; attempt: number }> {
  override state = { error: null, failed: false, attempt: 0 };

  static getDerivedStateFromError(error: unknown) {
    return { error, failed: true };
  }

  override render() {
    const { name, instead, children } = this.props;
    const { error, failed, attempt } = this.state;
    if (failed)
      return (
        <>
          <Failed
            name={name}
            error={error}
            again={() => this.setState({ error: null, failed: false, attempt: attempt + 1 })}
          />
          {instead}
        </>
      );
    return (
      <Attempt value={attempt}>
        <Fragment key={attempt}>{children}</Fragment>
      </Attempt>
    );
  }
}

function Failed({ name, error, again }: { name: string; error: unknown; again(): void }) {
  const running = useApp(({ run }) => isBusy(run.state));
  const reload = error instanceof MissingPart && error.outdated && !running;
  return (
    <div className={css.trouble} role="alert">
      <p>
        <strong>{name} could not be shown.</strong> {sentence(error, running)}
      </p>
      <button type="button" className={css.button} onClick={reload ? () => location.reload() : again}>
        {reload ? 'Reload the page' : 'Try again'}
      </button>
    </div>
  );
}

function sentence(error: unknown, running: boolean): string {
  const rest = running ? 'The run continues' : 'Everything else still works';
  if (!(error instanceof MissingPart))
    return `${rest}, and your data and results are untouched: this is a bug in the page.`;
  if (!error.outdated) return `${rest}; a file of the page did not arrive. Check the connection.`;
  return running
    ? `${rest}; a newer version of the page was published, so reload the page once the run has ended and its result is downloaded.`
    : 'A newer version of the page was published: download what you want to keep, then reload the page.';
}
