import { filledText, shorten } from './cells.ts';
import { findColumn, LABELS, TEXTS } from './column-names.ts';
import type { Form, JsonObject } from './form.ts';
import { asked } from './prompt-completion.ts';

/** A text and its label (or its summary), as a question and its answer. */
export const labelledText: Form = {
  name: 'labelled-text',
  label: 'text and label',
  guess: true,
  example: [
    '{"text": "What a film!", "label": "positive"}',
    '{"sentence": "It bored me.", "label": 0, "idx": 2}',
  ],
  recognise(row) {
    const found = columnsOf(row);
    return found && `"${found.text}" to ask and "${found.label}" to answer`;
  },
  read(row) {
    const found = columnsOf(row.row);
    if (!found) return 'The row has no text and label.';
    const text = filledText(row.take(found.text), `"${shorten(found.text)}"`);
    if (typeof text === 'string') return text;
    const label = filledText(row.take(found.label), `"${shorten(found.label)}"`);
    if (typeof label === 'string') return label;
    return asked(row, text.text, label.text);
  },
};

function columnsOf(row: JsonObject): { text: string; label: string } | null {
  const columns = Object.keys(row).filter((column) => typeof row[column] !== 'object');
  const label = findColumn(columns, LABELS);
  const text = findColumn(
    columns.filter((column) => typeof row[column] === 'string'),
    TEXTS,
    label,
  );
  return text === undefined || label === undefined ? null : { text, label };
}
