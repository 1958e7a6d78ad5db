import type { Conversation, Row, Tool, Turn } from './forms/row.ts';
import { callsAsText } from './forms/tools.ts';
import type { LeftOut, RowTokenizer } from './text/tokenizer.ts';

/** A row as ids and labels before it is cut to length. */
export interface EncodedRow {
  ids: number[];
  /** Stretches [begin, end) of ids that are predicted; position 0 is never predicted and is in none. */
  targets: { begin: number; end: number }[];
  /** The template changes earlier turns, so only the last assistant turn is a target. */
  lastTurnOnly: boolean;
  /** What of the row the chat template does not write as it stands. */
  leftOut: readonly LeftOut[];
  /** What the chat template was given; null where none was used. */
  rendered: { turns: readonly Turn[]; tools?: readonly Tool[] } | null;
}

/**
 * A row as the model sees it, to the token.
 *
 * - conversation: through the chat template; targets are the assistant turns up to their end-of-turn token
 * - pair: a user and an assistant turn where the model has a template and `raw` is off; else prompt ids,
 *   completion ids, EOS, with the completion and EOS as targets
 * - text: the tokenizer's own special tokens, then EOS; everything is a target
 *
 * @throws Error with a sentence where the row cannot be rendered.
 */
export function encodeRow(row: Row, tokenizer: RowTokenizer, raw: boolean): EncodedRow {
  switch (row.kind) {
    case 'messages':
      return encodeTurns(row, tokenizer);
    case 'pair':
      if (tokenizer.hasTemplate && !raw) {
        return encodeTurns(
          {
            messages: [
              { role: 'user', content: row.prompt, train: false },
              { role: 'assistant', content: row.completion, train: true },
            ],
          },
          tokenizer,
        );
      }
      return encodePair(row.prompt, row.completion, tokenizer);
    case 'text':
      return encodeText(row.text, tokenizer);
  }
}

function encodeTurns(
  { messages, tools }: Pick<Conversation, 'messages' | 'tools'>,
  tokenizer: RowTokenizer,
): EncodedRow {
  if (!tokenizer.hasTemplate) throw new Error('The model has no chat template, which conversations need');
  const leftOut: LeftOut[] = [];
  if (tools && !tokenizer.writes('tools')) leftOut.push('tools');
  let turns = messages;
  if (turns.some((turn) => turn.tool_calls) && !tokenizer.writes('calls')) {
    turns = turns.map(callsInWords);
    leftOut.push('calls');
  }
  const { ids, spans, lastTurnOnly, reasoningLeftOut } = tokenizer.conversation(turns, tools);
  if (reasoningLeftOut) leftOut.push('reasoning');
  return { ids, targets: spans.map(predictable), lastTurnOnly, leftOut, rendered: { turns, tools } };
}

function callsInWords(turn: Turn): Turn {
  const { tool_calls: calls, ...rest } = turn;
  if (!calls) return turn;
  const words = callsAsText(calls);
  return { ...rest, content: turn.content === '' ? words : `${turn.content}\n${words}` };
}

function encodePair(prompt: string, completion: string, tokenizer: RowTokenizer): EncodedRow {
  const before = tokenizer.encode(prompt, { addSpecial: 'front', plain: true });
  const ids = before.concat(tokenizer.encode(completion, { plain: true }));
  if (tokenizer.eosTokenId !== null) ids.push(tokenizer.eosTokenId);
  return withoutTemplate(ids, before.length);
}

function encodeText(text: string, tokenizer: RowTokenizer): EncodedRow {
  const ids = tokenizer.encode(text, { addSpecial: true, plain: true });
  const { eosTokenId } = tokenizer;
  if (eosTokenId !== null && tokenizer.frame.after.at(-1) !== eosTokenId) ids.push(eosTokenId);
  return withoutTemplate(ids, 0);
}

function withoutTemplate(ids: number[], begin: number): EncodedRow {
  const targets = [predictable({ begin, end: ids.length })];
  return { ids, targets, lastTurnOnly: false, leftOut: [], rendered: null };
}

function predictable(span: { begin: number; end: number }): { begin: number; end: number } {
  return { begin: Math.max(1, span.begin), end: Math.max(1, span.end) };
}

/** Number of targets among the first `length` ids. */
export function countTargets(row: EncodedRow, length: number): number {
  let count = 0;
  for (const { begin, end } of row.targets) count += Math.max(0, Math.min(end, length) - begin);
  return count;
}

/**
 * Cuts a row to `maxLength` ids, keeping the start.
 *
 * @returns ids and labels (−100 or the token itself), each [min(length, maxLength)], and how many ids were cut.
 */
export function toExample(
  row: EncodedRow,
  maxLength: number,
): { ids: Int32Array; labels: Int32Array; truncated: number } {
  const length = Math.min(row.ids.length, maxLength);
  const ids = Int32Array.from(row.ids.slice(0, length));
  const labels = new Int32Array(length).fill(-100);
  for (const { begin, end } of row.targets) {
    for (let i = begin; i < Math.min(end, length); i++) labels[i] = ids[i];
  }
  return { ids, labels, truncated: row.ids.length - length };
}
