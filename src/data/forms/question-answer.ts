import { filledText, noText, shorten, textOf } from './cells.ts';
import { ANSWERS, CONTEXTS, findColumn, QUESTIONS } from './column-names.ts';
import { type Form, isFilled, type JsonObject } from './form.ts';
import { asked } from './prompt-completion.ts';

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
    const given = row.take(found.question);
    const question = textOf(given);
    if (question === null) return `"${shorten(found.question)}" is ${noText(given)}.`;
    const about = found.context === undefined ? '' : textOf(row.take(found.context));
    if (about === null) return `"${shorten(found.context)}" is not a string.`;
    const answer = filledText(row.take(found.answer), `"${shorten(found.answer)}"`);
    if (typeof answer === 'string') return answer;
    return asked(row, about === '' ? question : `${question}\n\n${about}`, answer.text);
  },
};

function columnsOf(row: JsonObject): { question: string; answer: string; context?: string } | null {
  // A column of lists or objects is something else under the same name.
  const columns = Object.keys(row).filter(
    (column) => typeof row[column] !== 'object' || row[column] === null,
  );
  const question = findColumn(columns, QUESTIONS);
  const answer = findColumn(columns, ANSWERS, question);
  if (question === undefined || answer === undefined) return null;
  const context = findColumn(columns, CONTEXTS, question);
  return context !== undefined && context !== answer && isFilled(row[context])
    ? { question, answer, context }
    : { question, answer };
}
