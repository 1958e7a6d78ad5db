import { readConversation } from './conversation.ts';
import type { Form } from './form.ts';

/** A list of turns in `messages`, as OpenAI's files have it; `tools`, and a system text, may stand beside it. */
export const chat: Form = {
  name: 'chat',
  label: 'chat',
  example: [
    '{"messages": [{"role": "user", "content": "Capital of France?"}, {"role": "assistant", "content": "Paris."}]}',
    '{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!", "weight": 0}, {"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]}',
  ],
  recognise: (row) => ('messages' in row ? 'a "messages" list' : null),
  read: (row) => readConversation(row, 'messages'),
};
