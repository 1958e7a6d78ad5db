import { filledText, noText, textOf } from './cells.ts';
import { asConversation, systemBeside, toolsBeside } from './conversation.ts';
import { type Columns, type Form, isFilled } from './form.ts';
import type { Example, Turn } from './row.ts';
import { readTurns, turnsIn } from './turns.ts';

/** `prompt` and `completion`: two texts, or turns. A system text beside them makes a conversation of them. */
export const promptCompletion: Form = {
  name: 'prompt-completion',
  label: 'prompt and completion',
  example: [
    '{"prompt": "Capital of France?", "completion": "Paris."}',
    '{"system": "Be brief.", "prompt": "2 + 2?", "completion": "4"}',
  ],
  recognise: (row) => ('prompt' in row && 'completion' in row ? '"prompt" and "completion"' : null),
  read(row) {
    const [prompt, completion] = [listOrText(row.take('prompt')), listOrText(row.take('completion'))];
    if (!Array.isArray(prompt) && !Array.isArray(completion)) return readTexts(row, prompt, completion);
    const before = Array.isArray(prompt)
      ? readTurns(prompt, { called: '"prompt"', train: false, columns: row })
      : asTurn('user', prompt);
    if (typeof before === 'string') return before;
    const after = Array.isArray(completion)
      ? readTurns(completion, { called: '"completion"', train: true, columns: row })
      : asTurn('assistant', completion);
    if (typeof after === 'string') return after;
    if (!after.some((turn) => turn.role === 'assistant')) return 'The completion has no assistant turn.';
    return asConversation(row, [...before, ...after]);
  },
};

function readTexts(row: Columns, given: unknown, wanted: unknown): Example | string {
  const prompt = textOf(given);
  if (prompt === null) return `The prompt is ${noText(given)}.`;
  const completion = filledText(wanted, 'The completion');
  if (typeof completion === 'string') return completion;
  return asked(row, prompt, completion.text);
}

/** A question and its answer, with the system text and the tools beside them, if any, as a conversation. */
export function asked(row: Columns, prompt: string, completion: string): Example | string {
  const system = systemBeside(row);
  const tools = toolsBeside(row);
  if (typeof tools === 'string') return tools;
  if (system.length === 0 && !tools) return { kind: 'pair', prompt, completion };
  const messages = [
    ...system,
    { role: 'user', content: prompt, train: false },
    { role: 'assistant', content: completion, train: true },
  ];
  return tools ? { kind: 'messages', messages, tools } : { kind: 'messages', messages };
}

/** A list of turns, also as JSON text; any other list or object is no text, and any other JSON text is one. */
function listOrText(value: unknown): unknown {
  return typeof value === 'string' ? (turnsIn(value) ?? value) : value;
}

function asTurn(role: 'user' | 'assistant', value: unknown): Turn[] | string {
  const called = role === 'user' ? 'The prompt' : 'The completion';
  if (!isFilled(value)) return `${called} is ${value === '' ? 'empty' : 'missing'}.`;
  const text = filledText(value, called);
  return typeof text === 'string' ? text : [{ role, content: text.text, train: role === 'assistant' }];
}
