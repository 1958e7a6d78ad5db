import { asConversation } from './conversation.ts';
import { type Form, isObject } from './form.ts';
import { readTurns } from './turns.ts';

/** Gemini's files: `contents` with the role `model` and a list of `parts`, and `systemInstruction` beside it. */
export const contents: Form = {
  name: 'contents',
  label: 'contents with parts',
  example: [
    '{"contents": [{"role": "user", "parts": [{"text": "Capital of France?"}]}, {"role": "model", "parts": [{"text": "Paris."}]}]}',
    '{"systemInstruction": {"parts": [{"text": "Be brief."}]}, "contents": [{"role": "user", "parts": [{"text": "2 + 2?"}]}, {"role": "model", "parts": [{"text": "4"}]}]}',
  ],
  recognise: ({ contents }) =>
    Array.isArray(contents) && contents.some((item) => isObject(item) && 'parts' in item)
      ? 'a "contents" list'
      : null,
  read(row) {
    const turns = readTurns(row.take('contents'), { called: '"contents"', train: true, columns: row });
    return typeof turns === 'string' ? turns : asConversation(row, turns);
  },
};
