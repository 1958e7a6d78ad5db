import { filledText, noText, plainName, shorten, textOf, unpacked } from './cells.ts';
import { ANSWERS, CONTEXTS, findColumn, HISTORIES, QUESTIONS } from './column-names.ts';
import { asConversation, systemBeside } from './conversation.ts';
import { type Columns, type Form, isFilled, isObject, type JsonObject } from './form.ts';
import { asked } from './prompt-completion.ts';
import type { Example, Turn } from './row.ts';
import { readTurns, turnsIn } from './turns.ts';

/**
 * A question and its answer under one of their usual names, in any case: question and answer, query and response,
 * input and output, inputs and targets, source and target, instruction, context and response.
 */
export const questionAnswer: Form = {
  name: 'question-answer',
  label: 'question and answer',
  example: [
    '{"question": "Capital of France?", "answer": "Paris."}',
    '{"instruction": "Who wrote it?", "context": "Emma, by Jane Austen", "response": "Jane Austen"}',
  ],
  recognise(row) {
    const found = columnsOf(row);
    if (!found) return null;
    const { question, answer, context } = found;
    const about = context === undefined ? '' : ` (with "${context}" after it)`;
    return `"${question}" to ask${about} and "${answer}" to answer`;
  },
  read(row) {
    const found = columnsOf(row.row);
    if (!found) return 'The row has no question and answer.';
    const [given, wanted] = [row.take(found.question), answerIn(row, found.answer)];
    if (turnsIn(given) || turnsIn(wanted)) return spoken(row, found, given, wanted);
    const about = found.context === undefined ? '' : textOf(row.take(found.context));
    if (about === null) return `"${shorten(found.context)}" is not a string.`;
    const question = textOf(given);
    if (question === null) return `"${shorten(found.question)}" is ${noText(given)}.`;
    const answer = filledText(wanted, `"${shorten(found.answer)}"`);
    if (typeof answer === 'string') return answer;
    return after(row, about === '' ? question : `${question}\n\n${about}`, answer.text);
  },
};

interface Found {
  question: string;
  answer: string;
  context?: string;
}

/** A question, an answer, or both as turns: `input` and `output` of what a model was asked and said. */
function spoken(
  row: Columns,
  { question, answer }: Found,
  given: unknown,
  wanted: unknown,
): Example | string {
  const part = (value: unknown, called: string, role: 'user' | 'assistant'): Turn[] | string => {
    const train = role === 'assistant';
    const turns = turnsIn(value);
    if (turns) return readTurns(turns, { called: `"${called}"`, train, columns: row });
    const text = filledText(value, `"${shorten(called)}"`);
    return typeof text === 'string' ? text : [{ role, content: text.text, train }];
  };
  const before = part(given, question, 'user');
  if (typeof before === 'string') return before;
  const said = part(wanted, answer, 'assistant');
  return typeof said === 'string' ? said : asConversation(row, [...before, ...said]);
}

/** A question and its answer, after what was said before them. */
function after(row: Columns, question: string, answer: string): Example | string {
  const key = HISTORIES.find((name) => isFilled(row.row[name]));
  if (key === undefined) return asked(row, question, answer);
  const earlier = readTurns(row.take(key), { called: `"${key}"`, train: true, columns: row });
  if (typeof earlier === 'string') return earlier;
  return asConversation(row, [
    ...systemBeside(row, earlier),
    ...earlier,
    { role: 'user', content: question, train: false },
    { role: 'assistant', content: answer, train: true },
  ]);
}

/** What is to be learned: of several answers the first, and the others are told of. */
function answerIn(row: Columns, column: string): unknown {
  const given = row.take(column);
  const list = SEVERAL.includes(plainName(column)) ? severalIn(given) : null;
  if (!list) return given;
  if (list.some((answer) => answer !== list[0])) row.leave(column, ['all but the first']);
  const value = unpacked(given);
  if (isObject(value)) {
    const { text: _, ...more } = value;
    row.leave(
      column,
      Object.keys(more).filter((key) => isFilled(more[key])),
    );
  }
  return list[0];
}

/** Texts that answer the same, as SQuAD has them. */
function severalIn(given: unknown): string[] | null {
  const value = unpacked(given);
  const list = isObject(value) && Array.isArray(value.text) ? value.text : value;
  return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : null;
}

/** `answers` holds texts that say the same; `ranked` comes first where scores stand beside them. */
const SEVERAL = ['answers'];

function columnsOf(row: JsonObject): Found | null {
  const columns = Object.keys(row);
  // A column of lists or objects is something else under the same name, where it holds no turns.
  const words = columns.filter((column) => {
    const value = row[column];
    return typeof value !== 'object' || value === null || turnsIn(value) !== null;
  });
  const question = findColumn(words, QUESTIONS);
  const answer =
    findColumn(words, ANSWERS, question) ??
    findColumn(
      columns.filter((column) => isFilled(row[column])),
      SEVERAL,
    );
  if (question === undefined || answer === undefined) return null;
  const context = findColumn(
    words.filter((column) => turnsIn(row[column]) === null),
    CONTEXTS,
    question,
  );
  return context !== undefined && context !== answer && isFilled(row[context])
    ? { question, answer, context }
    : { question, answer };
}
