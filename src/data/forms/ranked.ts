import { plainName, unpacked } from './cells.ts';
import { choices } from './choices.ts';
import { type Form, isObject, type JsonObject } from './form.ts';

/** Several answers with scores, of which a person would have to say which is to be learned. */
const ANSWERS = new Set([
  'responses',
  'completions',
  'answers',
  'outputs',
  'candidates',
  'generations',
  'choices',
]);
const SCORES = new Set(['scores', 'ratings', 'ranks', 'ranking', 'rankings', 'rewards', 'labels']);
const SCORE = new Set([
  ...[
    'score',
    'rating',
    'rank',
    'reward',
    'overall_score',
    'label',
    'pm_score',
    'votes',
    'upvotes',
    'selected',
  ],
]);
/** Two answers beside each other: `response_a` and `response_b`, `answer1` and `answer2`. */
const ONE_OF_TWO = /^(.*(?:response|answer|completion|output|ref|reply))_?(a|b|0|1|2)$/;

export const ranked: Form = {
  name: 'ranked',
  label: 'answers with scores',
  untrainable: 'which of them to learn is not said',
  example: [
    '{"prompt": "Capital of France?", "responses": ["Paris.", "Lyon."], "scores": [5, 1]}',
    '{"instruction": "2 + 2?", "completions": [{"response": "4", "overall_score": 9}, {"response": "5", "overall_score": 2}]}',
  ],
  recognise(row) {
    const answers = columnOf(row);
    return answers === null ? null : `several answers in "${answers}"`;
  },
  read: () =>
    'The row has several answers, and does not say which to learn. Write the best as "prompt" and "completion"; a better and a worse one are a pair, "chosen" and "rejected".',
};

function columnOf(row: JsonObject): string | null {
  const columns = Object.keys(row);
  const scored = columns.some(
    (column) => SCORES.has(plainName(column)) && Array.isArray(unpacked(row[column])),
  );
  const found = columns.find((column) => {
    if (isOneOfTwo(column, columns)) return true;
    // Of choices with letters the row names the right one.
    if (plainName(column) === 'choices' && choices.recognise(row) !== null) return false;
    const list = ANSWERS.has(plainName(column)) ? unpacked(row[column]) : null;
    if (!Array.isArray(list) || list.length === 0) return false;
    const each = list.every((item) => isObject(item) && Object.keys(item).some((key) => SCORE.has(key)));
    return scored || each;
  });
  return found ?? null;
}

function isOneOfTwo(column: string, columns: readonly string[]): boolean {
  const [, name, which] = ONE_OF_TWO.exec(plainName(column)) ?? [];
  const other = { a: 'b', 0: '1', 1: '2' }[which];
  return (
    other !== undefined &&
    columns.some((one) => {
      const [, same, second] = ONE_OF_TWO.exec(plainName(one)) ?? [];
      return same === name && second === other;
    })
  );
}
