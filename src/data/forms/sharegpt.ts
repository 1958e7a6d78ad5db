import { readConversation } from './conversation.ts';
import type { Form } from './form.ts';

/** A list of turns in `conversations`: `from` and `value`, or `role` and `content`. */
export const sharegpt: Form = {
  name: 'sharegpt',
  label: 'ShareGPT',
  example: [
    '{"conversations": [{"from": "human", "value": "Capital of France?"}, {"from": "gpt", "value": "Paris."}]}',
    '{"system": "Be brief.", "conversations": [{"from": "human", "value": "2 + 2?"}, {"from": "gpt", "value": "4"}]}',
  ],
  recognise: (row) => ('conversations' in row ? 'a "conversations" list' : null),
  read: (row) => readConversation(row, 'conversations'),
};
