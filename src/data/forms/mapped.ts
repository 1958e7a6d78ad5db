import { at, filledText, noText, shorten, textOf } from './cells.ts';
import type { Columns } from './form.ts';
import type { Example, Mapping, Turn } from './row.ts';

/** The columns that a person chose, by name or by a path into nested ones (`answers.text.0`). */
export function readMapped(row: Columns, mapping: Mapping): Example | string {
  if ('text' in mapping) {
    const value = valueAt(row, mapping.text);
    if (typeof value !== 'string') return `"${shorten(mapping.text)}" is ${noText(value)}.`;
    return value === '' ? `"${shorten(mapping.text)}" is empty.` : { kind: 'text', text: textOf(value)! };
  }
  const given = valueAt(row, mapping.prompt);
  const prompt = textOf(given);
  if (prompt === null) return `"${shorten(mapping.prompt)}" is ${noText(given)}.`;
  const completion = filledText(valueAt(row, mapping.completion), `"${shorten(mapping.completion)}"`);
  if (typeof completion === 'string') return completion;
  if (mapping.system === undefined) return { kind: 'pair', prompt, completion: completion.text };
  const instructions = valueAt(row, mapping.system);
  const system = textOf(instructions);
  if (system === null) return `"${shorten(mapping.system)}" is ${noText(instructions)}.`;
  const messages: Turn[] = [
    { role: 'user', content: prompt, train: false },
    { role: 'assistant', content: completion.text, train: true },
  ];
  if (system !== '') messages.unshift({ role: 'system', content: system, train: false });
  return { kind: 'messages', messages };
}

function valueAt(row: Columns, path: string): unknown {
  row.take(Object.hasOwn(row.row, path) ? path : path.split('.')[0]);
  return at(row.row, path);
}
