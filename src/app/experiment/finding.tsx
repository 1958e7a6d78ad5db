import type { ReactNode } from 'react';
import shared from '../shared/shared.module.css';
import css from './experiment.module.css';

interface FindingProps {
  /** “Recommended”, or “So far”. */
  label: string;
  /** In a word or two. */
  title: string;
  children: ReactNode;
}

/** What was found, in a sentence or two. */
export function Finding({ label, title, children }: FindingProps) {
  return (
    <div className={css.finding}>
      <p className={shared.label}>{label}</p>
      <p className={css.found}>{title}</p>
      {children}
    </div>
  );
}
