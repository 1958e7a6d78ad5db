import { type EncodedRow, encodeRow, toExample } from './encode.ts';
import type { Example as Read, Row, Turn } from './forms/row.ts';
import { unknownToken } from './text/known-tokens.ts';
import type { RowTokenizer } from './text/tokenizer.ts';
import type { Labelled, PromptedRow } from './types.ts';

/**
 * A row with a system turn of this prompt before it, to the same supervised tokens. Where the row has a system turn of
 * its own, the prompt stands before its text, with an empty line between: the student keeps its turn, and what it
 * learns is what the prompt adds to it.
 *
 * @param student the row without the prompt, before it is cut to `maxLength`
 * @returns a sentence where the row cannot be had with the prompt
 * @throws Error where the chat template refuses the row
 */
export function promptedRow(
  read: Read,
  prompt: string,
  { student, tokenizer, maxLength }: { student: EncodedRow; tokenizer: RowTokenizer; maxLength: number },
): PromptedRow | string {
  const row = withSystemTurn(read, prompt);
  if (row === null) return 'The row is a text without turns, which no system turn can stand before.';
  const taught = encodeRow(row, tokenizer, false);
  const unknown = unknownToken(taught.ids, tokenizer);
  if (unknown) return unknown;
  const { labels, ids } = toExample(student, maxLength);
  const asked = supervised({ ids, labels });
  const whole = toExample(taught, taught.ids.length);
  const known = supervised(whole);
  const cut = student.ids.length > maxLength;
  if (asked.some((id, i) => id !== known[i]) || (!cut && asked.length !== known.length))
    return 'The tokens of its answer are others where the prompt stands before it.';
  if (taught.ids.length === student.ids.length && taught.ids.every((id, i) => id === student.ids[i]))
    return 'The chat template leaves the system turn out, so the prompt changes nothing.';
  return { ...upTo(whole, asked.length), added: taught.ids.length - student.ids.length };
}

/** Ids that are predicted, in order. */
function supervised({ ids, labels }: Pick<Labelled, 'ids' | 'labels'>): Int32Array {
  return ids.filter((_, i) => i > 0 && labels[i] >= 0);
}

/** The row up to its `count`-th supervised token. */
function upTo({ ids, labels }: Labelled, count: number): Pick<Labelled, 'ids' | 'labels'> {
  let length = 0;
  for (let left = count; left > 0; length++) if (length > 0 && labels[length] >= 0) left--;
  return { ids: ids.slice(0, length), labels: labels.slice(0, length) };
}

function withSystemTurn(read: Read, prompt: string): Row | null {
  if (read.kind === 'verdict') return withSystemTurn(read.row, prompt);
  if (read.kind === 'pair') {
    const turns = [turnOf('user', read.prompt), { ...turnOf('assistant', read.completion), train: true }];
    return { kind: 'messages', messages: [turnOf('system', prompt), ...turns] };
  }
  if (read.kind !== 'messages') return null;
  const [first, ...rest] = read.messages;
  const own = first?.role === 'system' || first?.role === 'developer';
  const messages = own
    ? [{ ...first, content: `${prompt}\n\n${first.content}` }, ...rest]
    : [turnOf('system', prompt), ...read.messages];
  return { ...read, messages };
}

const turnOf = (role: string, content: string): Turn => ({ role, content, train: false });
