import { filledText, plainName, textOf, unpacked } from './cells.ts';
import { CONTEXTS, findColumn, QUESTIONS } from './column-names.ts';
import { type Form, isFilled, isObject, type JsonObject } from './form.ts';
import { asked } from './prompt-completion.ts';
import { leftOver } from './turns.ts';

/** A question with choices and the one that is right, by its number from 0, its letter or its text: MMLU, ARC, MedQA. */
export const choices: Form = {
  name: 'choices',
  label: 'question with choices',
  example: [
    '{"question": "Capital of France?", "choices": ["Lyon", "Paris"], "answer": 1}',
    '{"question": "2 + 2?", "choices": {"text": ["3", "4"], "label": ["A", "B"]}, "answerKey": "B"}',
  ],
  recognise(row) {
    const found = columnsOf(row);
    return (
      found &&
      `"${found.question}" to ask with its "${found.choices}", and the one that "${found.answer}" names (numbers from 0) to answer`
    );
  },
  read(row) {
    const found = columnsOf(row.row);
    if (!found) return 'The row has no question with choices.';
    const question = filledText(row.take(found.question), `"${found.question}"`);
    if (typeof question === 'string') return question;
    const about = found.context === undefined ? '' : textOf(row.take(found.context));
    if (about === null) return `"${found.context}" is not a string.`;
    const given = row.take(found.choices);
    const listed = listOf(given)!;
    row.leave(`"${found.choices}"`, unusedIn(unpacked(given)));
    const right = rightOf(row.take(found.answer), listed);
    if (right === null)
      return `"${found.answer}" names none of the ${listed.length} choices, by number from 0, letter or text.`;
    const lines = listed.map(({ label, text }) => `${label}. ${text}`);
    return asked(
      row,
      [question.text, '', ...(about === '' ? [] : [about, '']), ...lines].join('\n'),
      lines[right],
    );
  },
};

const CHOICES = ['choices', 'options', 'endings'];
const RIGHT = [
  'answerkey',
  'answer_key',
  'answer_idx',
  'answer_index',
  'correct_answer',
  'answer',
  'label',
  'gold',
];

interface Choice {
  label: string;
  text: string;
}

interface Found {
  question: string;
  choices: string;
  answer: string;
  context?: string;
}

function columnsOf(row: JsonObject): Found | null {
  const columns = Object.keys(row);
  const choices = columns.find((column) => CHOICES.includes(plainName(column)) && listOf(row[column]));
  if (choices === undefined) return null;
  const single = columns.filter((column) => typeof row[column] !== 'object');
  const question = findColumn(single, [...QUESTIONS, 'ctx', 'stem']);
  const answer = findColumn(single, RIGHT, question);
  if (question === undefined || answer === undefined) return null;
  const context = findColumn(single, CONTEXTS, question);
  return isFilled(row[context ?? ''])
    ? { question, choices, answer, context }
    : { question, choices, answer };
}

/** A list of texts, of `{label, text}`, `{label: […], text: […]}`, or texts by their letters. */
function listOf(given: unknown): Choice[] | null {
  const value = unpacked(given);
  if (isObject(value)) {
    const { text, label } = value;
    if (Array.isArray(text)) return lettered(text, Array.isArray(label) ? label : []);
    return lettered(Object.values(value), Object.keys(value));
  }
  if (!Array.isArray(value)) return null;
  const labels = value.map((item) => (isObject(item) ? (item.label ?? item.key) : undefined));
  return lettered(
    value.map((item) => (isObject(item) ? item.text : item)),
    labels,
  );
}

/** Keys of a list of choices that say nothing of them. */
function unusedIn(value: unknown): string[] {
  if (Array.isArray(value))
    return value.flatMap((item) => (isObject(item) ? leftOver(item, [['text', 'label', 'key']]) : []));
  if (!isObject(value) || !Array.isArray(value.text)) return [];
  const used = Array.isArray(value.label) ? ['text', 'label'] : ['text'];
  return leftOver(value, [used]);
}

function lettered(texts: readonly unknown[], labels: readonly unknown[]): Choice[] | null {
  const list = texts.map((item, i) => ({
    text: textOf(item) ?? '',
    label: textOf(labels[i]) ?? String.fromCharCode(65 + i),
  }));
  return list.length > 1 && list.length <= 26 && list.every(({ text }) => text !== '') ? list : null;
}

function rightOf(given: unknown, listed: readonly Choice[]): number | null {
  const name = textOf(given)?.trim() ?? '';
  for (const same of [({ label }: Choice) => label, ({ text }: Choice) => text]) {
    const at = listed.findIndex((choice) => same(choice).trim() === name);
    if (at >= 0) return at;
  }
  return /^\d+$/.test(name) && Number(name) < listed.length ? Number(name) : null;
}
