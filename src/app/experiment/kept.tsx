import { plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { keepsNothing } from '../state/keeping.ts';
import css from './experiment.module.css';

interface EarlierProps {
  /** As a sentence begins: “The ladder of “facts.jsonl””. */
  what: string;
  done: boolean;
  /** How far it is where it is not done: “2 rungs”. */
  at: [count: number, piece: string];
  /** What has to be dropped again. */
  missing: readonly string[];
}

/** An experiment of an earlier visit: what is known of it, and what has to be dropped again. */
export function EarlierVisit({ what, done, at: [count, piece], missing }: EarlierProps) {
  return (
    <p className={shared.mute}>
      {what} is from an earlier visit
      {done ? '' : ` and stands at ${plural(count, piece)}`}.
      {missing.length > 0 && !done && ` Drop ${missing.join(' and ')} on this page to continue it.`}
    </p>
  );
}

/** What becomes of what is measured once the tab is closed. */
export function WhatIsKept({ what, kept }: { what: string; kept: string }) {
  return (
    <p className={`${shared.faint} ${css.small}`}>
      {keepsNothing() ? `Nothing is kept on disk: ${what} is gone once you close this tab.` : kept}
    </p>
  );
}
