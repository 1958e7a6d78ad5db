import { filledText, noText, textOf } from './cells.ts';
import { systemBeside } from './conversation.ts';
import { type Form, isFilled } from './form.ts';
import { asked } from './prompt-completion.ts';
import { readTurns } from './turns.ts';

/** `instruction`, an `input` that may be empty, and `output`; `system`, and earlier exchanges in `history`. */
export const alpaca: Form = {
  name: 'alpaca',
  label: 'Alpaca',
  example: [
    '{"instruction": "Translate to French.", "input": "Good morning", "output": "Bonjour"}',
    '{"instruction": "And good night?", "input": "", "output": "Bonne nuit", "system": "Be brief.", "history": [["Say good morning in French.", "Bonjour"]]}',
  ],
  recognise: (row) => ('instruction' in row && 'output' in row ? '"instruction" and "output"' : null),
  read(row) {
    const instruction = filledText(row.take('instruction'), 'The instruction');
    if (typeof instruction === 'string') return instruction;
    const given = row.take('input');
    const input = isFilled(given) ? textOf(given) : '';
    if (input === null) return `The input is ${noText(given)}.`;
    const output = filledText(row.take('output'), 'The output');
    if (typeof output === 'string') return output;
    const prompt = input ? `${instruction.text}\n\n${input}` : instruction.text;
    const history = row.take('history');
    if (!isFilled(history)) return asked(row, prompt, output.text);
    const earlier = readTurns(history, { called: '"history"', train: true, columns: row });
    if (typeof earlier === 'string') return earlier;
    return {
      kind: 'messages',
      messages: [
        ...systemBeside(row, earlier),
        ...earlier,
        { role: 'user', content: prompt, train: false },
        { role: 'assistant', content: output.text, train: true },
      ],
    };
  },
};
