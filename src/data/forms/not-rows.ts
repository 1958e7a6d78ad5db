import { unpacked } from './cells.ts';
import { type Form, isObject, type JsonObject } from './form.ts';
import { isTurn } from './turns.ts';

/** Files whose rows are no examples: one turn of a conversation each, or a tree with many inside. Known, and refused. */
export const notRows: Form = {
  name: 'not-rows',
  label: 'parts of examples',
  untrainable: 'they are not one example each',
  example: [
    '{"role": "user", "text": "Capital of France?", "message_id": "a"}',
    '{"role": "assistant", "text": "Paris.", "message_id": "b", "parent_id": "a"}',
  ],
  recognise: (row) => kindOf(row)?.evidence ?? null,
  read: ({ row }) => kindOf(row)?.why ?? 'The row is no example.',
};

interface Kind {
  evidence: string;
  why: string;
}

const TURN: Kind = {
  evidence: 'one turn of a conversation each',
  why: 'The row is one turn of a conversation. Put the turns of each conversation into one row, as a list in "messages".',
};
const ARTICLE: Kind = {
  evidence: 'articles with questions inside',
  why: 'The row is an article with many questions inside, as in SQuAD’s own file. Write a row for each question, with "question", "context" and "answer"; hubs serve it so.',
};
const EXPORT: Kind = {
  evidence: 'conversations as ChatGPT exports them',
  why: 'The row is a conversation of a ChatGPT export, a tree of turns with other versions beside them. Write the turns that are to be learned as a list in "messages".',
};

function kindOf(row: JsonObject): Kind | null {
  const { paragraphs } = row;
  if (Array.isArray(paragraphs) && paragraphs.some((item) => isObject(item) && 'qas' in item)) return ARTICLE;
  if ('current_node' in row && isObject(unpacked(row.mapping))) return EXPORT;
  return isTurn(row) ? TURN : null;
}
