import type { ReactNode } from 'react';
import shared from '../shared/shared.module.css';
import css from './experiment.module.css';

interface BeginProps {
  label: string;
  ready: boolean;
  /** Why it cannot begin, as a sentence; null: it can. */
  problem: string | null;
  onBegin(): void;
  /** What stands beside the button. */
  children?: ReactNode;
}

/** The button that begins an experiment with what is given, and what hinders it. */
export function Begin({ label, ready, problem, onBegin, children }: BeginProps) {
  return (
    <>
      <div className={css.ways}>
        <button
          type="button"
          className={shared.button}
          disabled={!ready || problem !== null}
          onClick={onBegin}
        >
          {label}
        </button>
        {children}
      </div>
      {problem && (
        <p className={shared.faint} role="status">
          {problem}
        </p>
      )}
    </>
  );
}
