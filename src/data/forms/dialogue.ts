import { plainName } from './cells.ts';
import { asConversation } from './conversation.ts';
import type { Form, JsonObject } from './form.ts';
import { looksLikeTexts, looksLikeTurns, readTurns } from './turns.ts';

/** Columns that are called so hold a dialogue even where it is a plain list of texts. */
const NAMES = new Set([
  'conversation',
  'dialogue',
  'dialog',
  'dialogs',
  'dialogues',
  'turns',
  'chat',
  'history',
  'data',
]);

/** The turns in a column of any name, found by what the column holds; or texts that alternate, in one called so. */
export const dialogue: Form = {
  name: 'dialogue',
  label: 'conversations',
  example: [
    '{"dialogue": ["Capital of France?", "Paris.", "And of Spain?", "Madrid."]}',
    '{"thread": [{"speaker": "User", "text": "2 + 2?"}, {"speaker": "Assistant", "text": "4"}]}',
  ],
  recognise(row) {
    const column = columnOf(row);
    return column === null ? null : `a list of turns in "${column}"`;
  },
  read(row) {
    const column = columnOf(row.row);
    if (column === null) return 'The row has no list of turns.';
    const turns = readTurns(row.take(column), { called: `"${column}"`, train: true, columns: row });
    return typeof turns === 'string' ? turns : asConversation(row, turns);
  },
};

function columnOf(row: JsonObject): string | null {
  const columns = Object.keys(row);
  const turns = columns.find((column) => looksLikeTurns(row[column]));
  if (turns !== undefined) return turns;
  const isCalledSo = (column: string) => columns.length === 1 || NAMES.has(plainName(column));
  return columns.find((column) => isCalledSo(column) && looksLikeTexts(row[column])) ?? null;
}
