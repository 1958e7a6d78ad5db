import { noText, wellFormed } from './cells.ts';
import type { Form } from './form.ts';

/** One text in `text`, to go on with. */
export const text: Form = {
  name: 'text',
  label: 'text',
  example: ['{"text": "Once upon a time there was a fox."}', '{"text": "The fox lived in a wood."}'],
  recognise: (row) => ('text' in row ? '"text"' : null),
  read(row) {
    const value = row.take('text');
    if (typeof value !== 'string') return `"text" is ${noText(value)}.`;
    return value === '' ? '"text" is empty.' : { kind: 'text', text: wellFormed(value) };
  },
};
