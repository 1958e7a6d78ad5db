import { heldOutSplit, permutation } from '../../data/batches.ts';
import { isSystem, oneSpelling, type Question } from '../../data/forms/questions.ts';
import { commonInstruction, withInstruction, wordsOf } from '../ladder/prompts.ts';

/** Rows as things to ask and their answers, and files of them that any command reads. */

/** Something to ask. */
export type Asked = Pick<Question, 'turns' | 'tools'>;

/** Share of the rows that is held out where no other rows are given. */
export const HELD_OUT = 0.25;
/** Rows that stand before a question that is to be made. */
const EXAMPLES = 3;

/** What a question asks, in one spelling and without system turns: two with the same one are the same question. */
export function askingOfQuestion(question: Asked): string {
  return oneSpelling(wordsOf({ line: 0, reference: '', ...question }));
}

/**
 * Rows to train on and rows that are held out: those that are given, or a quarter of the rows by the seed. A training row that
 * asks what a held-out row asks is in neither.
 */
export function splitRows(
  rows: readonly Question[],
  given: readonly Question[] | null,
  seed: number,
): { train: Question[]; heldOut: Question[]; removed: number } {
  const drawn = given ? null : heldOutSplit(rows.length, HELD_OUT, seed);
  const heldOut = drawn ? [...drawn.heldOut].map((i) => rows[i]) : [...(given ?? [])];
  const rest = drawn ? [...drawn.train].map((i) => rows[i]) : rows;
  const held = new Set(heldOut.map(askingOfQuestion));
  const train = rest.filter((row) => !held.has(askingOfQuestion(row)));
  return { train, heldOut, removed: rest.length - train.length };
}

/** A question with an answer as a row of a file; of several answers in it only the last is trained on. */
export function rowOf({ turns, tools }: Asked, answer: string): Record<string, unknown> {
  const [only] = turns;
  if (turns.length === 1 && only.role === 'user' && !tools)
    return { prompt: only.content, completion: answer };
  const before = turns.map((turn) => (turn.role === 'assistant' ? { ...turn, weight: 0 } : turn));
  return {
    messages: [...before, { role: 'assistant', content: answer }],
    ...(tools && { tools }),
  };
}

export function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/**
 * For the nth question that is to be made, rows that stand before it: one that the order of the seed comes to, and others with
 * the same system turn. Of rows with several user turns none is taken.
 *
 * @returns null where no row can stand there
 */
export function examplesFor(rows: readonly Question[], nth: number, seed: number): Question[] | null {
  const simple = rows.filter(({ turns }) => turns.filter(({ role }) => !isSystem(role)).length === 1);
  if (simple.length === 0) return null;
  const round = Math.floor(nth / simple.length);
  const order = [...permutation(simple.length, seed, 'sample', round)].map((i) => simple[i]);
  const at = nth % simple.length;
  const first = order[at];
  const system = systemOf(first);
  const others = [...order.slice(at + 1), ...order.slice(0, at)].filter((row) => systemOf(row) === system);
  return [first, ...others.slice(0, EXAMPLES - 1)];
}

/** A question that was made after rows: their system turn, and what was written. */
export function questionAfter(examples: readonly Question[], text: string): Asked {
  const system = examples[0].turns.filter(({ role }) => isSystem(role));
  return { turns: [...system, { role: 'user', content: text.trim() }] };
}

/** Questions with the system turn that most rows have, where they have none of their own. */
export function asRowsAsk(questions: readonly Question[], rows: readonly Question[]): Question[] {
  const instruction = commonInstruction(rows);
  return questions.map((question) =>
    question.turns.some(({ role }) => isSystem(role)) ? question : withInstruction(question, instruction),
  );
}

function systemOf({ turns }: Question): string {
  return turns
    .filter(({ role }) => isSystem(role))
    .map(({ content }) => content)
    .join('\n');
}
