import type { RunSettings } from '../../run/settings/list.ts';
import type { Outcome } from '../state/outcome.ts';
import type { RunView } from '../state/run.ts';
import { taskFigure } from './figure.ts';
import { type Learned, learnedSentence, preferenceSentence } from './learned.ts';
import { movedSentence } from './moved.ts';
import { newWordsSentence } from './new-words.ts';
import { rightSentence } from './right-answers.ts';

export interface ResultParts extends Pick<Learned, 'continued' | 'leaks'> {
  run: RunView;
  settings: RunSettings | null;
  outcome: Pick<Outcome, 'rows' | 'done'>;
}

/** What came of a run, in sentences that are made of its numbers. Null: there is nothing to say of it. */
export interface ResultSentences {
  /** What it has learned. */
  learned: string | null;
  /** Which numbers moved. */
  moved: string | null;
  /** Of pairs and verdicts: what the last steps told. */
  preferred: string | null;
  /** How many answers are right. */
  right: string | null;
  /** Words that are new. They are the data's. */
  words: string | null;
}

export function resultSentences({ run, settings, continued, leaks, outcome }: ResultParts): ResultSentences {
  const rows = outcome.done ? outcome.rows : [];
  // Where answers are right or wrong, what is new in them are the labels.
  const style = rows.length > 0 && taskFigure(rows) === null;
  return {
    learned: learnedSentence({ run, continued, leaks }),
    moved: movedSentence(run, settings),
    preferred: preferenceSentence({ run }),
    right: rightSentence(rows),
    words: style ? newWordsSentence(rows) : null,
  };
}
