import { plainName } from './cells.ts';
import type { Columns } from './form.ts';

/**
 * A column that says whether the answer beside it is a good one, as KTO's files have it. Only a column that the form
 * itself did not use is one: a class label that is the answer is no verdict on it.
 */
const NAMES = new Set([
  ...['label', 'kto_tag', 'desirable', 'is_desirable', 'good', 'is_good', 'is_preferred', 'accepted'],
  ...['is_accepted', 'approved', 'correct', 'is_correct', 'thumbs_up', 'feedback'],
]);

const GOOD = new Set([
  'true',
  '1',
  'good',
  'desirable',
  'yes',
  'accepted',
  'correct',
  'approved',
  'thumbs_up',
  'up',
  'accept',
  '👍',
  '+1',
]);
const BAD = new Set([
  ...[
    'false',
    '0',
    '-1',
    'bad',
    'undesirable',
    'no',
    'rejected',
    'incorrect',
    'wrong',
    'thumbs_down',
    'down',
    'reject',
    '👎',
  ],
]);
/** Columns that may say anything, or a number; these words in them are a verdict all the same. */
const MAY_BE = new Set(['rating', 'vote', 'verdict', 'reaction', 'score', 'reward', 'thumbs']);
/** What an annotator did with an example (Prodigy). */
const DONE = new Map([
  ['accept', true],
  ['reject', false],
  ['ignore', false],
]);
/** Columns that say the opposite. */
const OPPOSITES = new Set([
  'rejected',
  'bad',
  'is_bad',
  'undesirable',
  'is_rejected',
  'incorrect',
  'thumbs_down',
]);

/** @returns the column and what it says, or null where no column says anything; a bad verdict outweighs good ones. */
export function verdictOf(row: Columns): { column: string; good: boolean } | null {
  let found: { column: string; good: boolean } | null = null;
  for (const column of Object.keys(row.row)) {
    if (row.isUsed(column)) continue;
    const name = plainName(column);
    const isOpposite = OPPOSITES.has(name);
    if (!NAMES.has(name) && !isOpposite && !MAY_BE.has(name) && name !== 'answer') continue;
    const value = String(row.row[column] ?? '')
      .trim()
      .toLowerCase()
      .replaceAll(' ', '_');
    const isWord = MAY_BE.has(name) && !/^[-\d]|true|false|^yes$|^no$/.test(value);
    const done = name === 'answer' ? DONE.get(value) : undefined;
    if (!NAMES.has(name) && !isOpposite && !isWord && done === undefined) continue;
    if (!GOOD.has(value) && !BAD.has(value) && done === undefined) continue;
    row.take(column);
    const good = done ?? GOOD.has(value) !== isOpposite;
    if (found === null || !good) found = { column, good };
  }
  return found;
}
