/**
 * Questions without answers, as a file of rows that any form reads: each gets an answer that nobody sees. The forms of
 * `data/forms` then say what is asked, as they do of rows.
 */

/** Stands where an answer belongs; it is neither trained on nor compared with. */
export const NO_ANSWER = '–';

/** Where the answer stands beside a question of this name. */
const BESIDE: readonly (readonly [question: string, answer: string])[] = [
  ['instruction', 'output'],
  ['question', 'answer'],
  ['query', 'response'],
  ['input', 'output'],
  ['prompt', 'completion'],
];
/** Lists of turns, and what a turn of an answer is there. */
const TURNS: readonly (readonly [list: string, answer: Record<string, string>, role: string])[] = [
  ['messages', { role: 'assistant', content: NO_ANSWER }, 'role'],
  ['conversations', { from: 'gpt', value: NO_ANSWER }, 'from'],
];

/**
 * @param text JSON Lines, or lines of plain text, each a question
 * @returns the same with an answer in each row that has none, in JSON Lines; lines that are no JSON objects stay as they are
 *   where others are, so that they are told of with their number
 */
export function withAnswers(text: string): string {
  const lines = text.split(/\r?\n/);
  const plain = !lines.some((line) => objectOf(line) !== null);
  const rows = lines.map((line) => {
    if (line.trim() === '') return '';
    if (plain) return JSON.stringify({ prompt: line.trim(), completion: NO_ANSWER });
    const row = objectOf(line);
    return row ? JSON.stringify(answered(row)) : line;
  });
  return `${rows.join('\n').trimEnd()}\n`;
}

/** Keys of a row that asks. What else it has may be an answer: that of a pair, a label, a column of some other name. */
const ASKING = new Set([
  ...TURNS.map(([list]) => list),
  ...BESIDE.map(([question]) => question),
  ...['system', 'tools', 'id'],
]);

/**
 * Whether a file asks and does not answer.
 *
 * @param text its beginning; where a first row goes on after it, that is no question
 * @param plain whether lines that are no JSON objects are questions
 */
export function asksOnly(text: string, { plain }: { plain: boolean }): boolean {
  const first = text.split(/\r?\n/).find((line) => line.trim() !== '');
  if (first === undefined) return false;
  const row = objectOf(first);
  if (row === null) return plain;
  return answered(row) !== row && Object.keys(row).every((key) => ASKING.has(key));
}

function answered(row: Record<string, unknown>): Record<string, unknown> {
  for (const [list, answer, role] of TURNS) {
    const turns = row[list];
    if (!Array.isArray(turns)) continue;
    const last = turns.at(-1);
    const ends = typeof last === 'object' && last !== null && last[role] === answer[role];
    return ends ? row : { ...row, [list]: [...turns, answer] };
  }
  const pair = BESIDE.find(([question]) => question in row);
  if (!pair || pair[1] in row) return row;
  return { ...row, [pair[1]]: NO_ANSWER };
}

function objectOf(line: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
