import { filledText, plainName, shorten } from './cells.ts';
import { ANSWERS, findColumn, LABELS, TEXT_PAIRS, TEXTS } from './column-names.ts';
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
    return (
      found && `${found.texts.map((text) => `"${text}"`).join(' and ')} to ask and "${found.label}" to answer`
    );
  },
  read(row) {
    const found = columnsOf(row.row);
    if (!found) return 'The row has no text and label.';
    const texts: string[] = [];
    for (const name of found.texts) {
      const text = filledText(row.take(name), `"${shorten(name)}"`);
      if (typeof text === 'string') return text;
      texts.push(text.text);
    }
    const label = filledText(labelIn(row.take(found.label)), `"${shorten(found.label)}"`);
    if (typeof label === 'string') return label;
    return asked(row, texts.join('\n\n'), label.text);
  },
};

/** Several classes of one text are one answer, with commas between them. */
function labelIn(given: unknown): unknown {
  if (!Array.isArray(given) || given.length === 0) return given;
  return given.every((item) => typeof item === 'string') ? given.join(', ') : given;
}

function columnsOf(row: JsonObject): { texts: string[]; label: string } | null {
  const all = Object.keys(row);
  const single = all.filter((column) => typeof row[column] !== 'object');
  const label =
    findColumn(
      all.filter((column) => typeof row[column] !== 'object' || Array.isArray(row[column])),
      LABELS,
    ) ?? findColumn(single, ANSWERS);
  if (label === undefined) return null;
  const words = single.filter((column) => typeof row[column] === 'string');
  const pair = TEXT_PAIRS.find((names) =>
    names.every((name) => words.some((column) => plainName(column) === name)),
  );
  if (pair) return { texts: pair.map((name) => words.find((column) => plainName(column) === name)!), label };
  const text = findColumn(words, TEXTS, label);
  return text === undefined ? null : { texts: [text], label };
}
