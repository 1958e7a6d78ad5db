import { textOf, unpacked } from './cells.ts';
import { systemBeside, toolsBeside } from './conversation.ts';
import { type Columns, type Form, isFilled, type JsonObject } from './form.ts';
import type { Turn } from './row.ts';
import { looksLikeTurns, readTurns, turnsIn } from './turns.ts';

/**
 * Two answers to the same, of which one is better. Whatever stands beside them is what they answer: turns, or a prompt.
 * A row with a rejected answer alone is one of them too, so that it is never taken for a good one.
 */
const CHOSEN = ['chosen', 'chosen_messages', 'chosen_response', 'preferred_output', 'preferred', 'winner'];
const REJECTED = [
  ...['rejected', 'rejected_messages', 'rejected_response', 'non_preferred_output', 'dispreferred', 'loser'],
];
const CONTEXT = [
  'messages',
  'conversations',
  'conversation',
  'prompt',
  'question',
  'instruction',
  'input',
  'query',
];

export const preference: Form = {
  name: 'preference',
  label: 'preference pairs',
  untrainable: 'preference pairs, which cannot be trained on yet',
  example: [
    '{"prompt": "Capital of France?", "chosen": "Paris.", "rejected": "Lyon."}',
    '{"messages": [{"role": "user", "content": "2 + 2?"}], "chosen": {"role": "assistant", "content": "4"}, "rejected": {"role": "assistant", "content": "5"}}',
  ],
  recognise(row) {
    const [chosen, rejected] = [keyIn(row, CHOSEN), keyIn(row, REJECTED)];
    if (rejected === undefined) return null;
    return chosen === undefined ? `"${rejected}"` : `"${chosen}" and "${rejected}"`;
  },
  read(row) {
    const context = readContext(row);
    if (typeof context === 'string') return context;
    const chosen = readAnswer(row, CHOSEN);
    if (typeof chosen === 'string') return chosen;
    const rejected = readAnswer(row, REJECTED);
    if (typeof rejected === 'string') return rejected;
    const tools = toolsBeside(row);
    if (typeof tools === 'string') return tools;
    return {
      kind: 'preference',
      context: [...systemBeside(row, context), ...context],
      chosen,
      rejected,
      ...(tools && { tools }),
    };
  },
};

/** Names that may be an ordinary column's (`winner`) count only where their opposite stands beside them. */
function keyIn(row: JsonObject, names: readonly string[]): string | undefined {
  const found = names.find(
    (name) => isFilled(row[name]) || (name in row && (name === 'chosen' || name === 'rejected')),
  );
  const at = found === undefined ? -1 : names.indexOf(found);
  if (at < 4) return found;
  return (names === CHOSEN ? REJECTED : CHOSEN)[at] in row ? found : undefined;
}

function readContext(row: Columns): Turn[] | string {
  const key = CONTEXT.find((name) => isFilled(row.row[name]));
  if (key === undefined) return [];
  const value = turnsIn(row.take(key)) ?? unpacked(row.row[key]);
  if (Array.isArray(value)) return readTurns(value, { called: `"${key}"`, train: false, columns: row });
  const content = textOf(value);
  return content === null ? `"${key}" is not a string.` : [{ role: 'user', content, train: false }];
}

function readAnswer(row: Columns, names: readonly string[]): Turn[] | string {
  const key = keyIn(row.row, names);
  if (key === undefined) return `The row is a preference pair without "${names[0]}".`;
  const value = unpacked(row.take(key));
  const list = Array.isArray(value) ? value : [value];
  if (looksLikeTurns(list)) return readTurns(list, { called: `"${key}"`, train: true, columns: row });
  const content = textOf(value);
  return content === null
    ? `"${key}" is neither a string nor a list of turns.`
    : [{ role: 'assistant', content, train: true }];
}
