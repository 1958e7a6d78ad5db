import type { Conversation, Example, Row, Tool, Turn } from './forms/row.ts';
import { callsAsText } from './forms/tools.ts';
import type { RowNote, RowTokenizer } from './text/tokenizer.ts';

interface Target {
  begin: number;
  end: number;
  /** What its loss counts; 1 where there is none. */
  weight?: number;
}

/** A row as ids and labels before it is cut to length. */
export interface EncodedRow {
  ids: number[];
  /** Stretches [begin, end) of ids that are predicted; position 0 is never predicted and is in none. */
  targets: Target[];
  /** The template changes earlier turns, so only the last assistant turn is a target. */
  lastTurnOnly: boolean;
  /** What people are told of the row: what the chat template leaves out, control tokens of its own. */
  notes: readonly RowNote[];
  /** What the chat template was given; null where none was used. */
  rendered: { turns: readonly Turn[]; tools?: readonly Tool[] } | null;
}

/** What is learned from, to the token. */
export interface Encoded extends EncodedRow {
  /** Of a pair: the worse answer, with what it answers; all else is of the better one. */
  rejected?: EncodedRow;
  /** Of an answer with a verdict. */
  good?: boolean;
}

/** @throws Error with a sentence where the row cannot be rendered. */
export function encodeExample(example: Example, tokenizer: RowTokenizer, raw: boolean): Encoded {
  if (example.kind === 'verdict') return { ...encodeRow(example.row, tokenizer, raw), good: example.good };
  if (example.kind !== 'preference') return encodeRow(example, tokenizer, raw);
  const chosen = encodeRow(example.chosen, tokenizer, raw);
  const rejected = encodeRow(example.rejected, tokenizer, raw);
  if (example.chosen.kind !== 'text') return { ...chosen, rejected };
  // What two texts begin with is no answer.
  const parting = partingOf(chosen, rejected);
  return { ...fromToken(chosen, parting), rejected: fromToken(rejected, parting) };
}

/** The first token in which two rows differ. */
export function partingOf({ ids }: EncodedRow, { ids: others }: EncodedRow): number {
  let at = 0;
  while (at < Math.min(ids.length, others.length) && ids[at] === others[at]) at++;
  return at;
}

function fromToken(row: EncodedRow, from: number): EncodedRow {
  const targets = row.targets.map((target) => ({ ...target, begin: Math.max(from, target.begin) }));
  return { ...row, targets };
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
  const notes: RowNote[] = [];
  if (tools && !tokenizer.writes('tools')) notes.push('tools');
  let turns = messages;
  if (turns.some((turn) => turn.tool_calls) && !tokenizer.writes('calls')) {
    turns = turns.map(callsInWords);
    notes.push('calls');
  }
  const { ids, spans, lastTurnOnly, notes: more } = tokenizer.conversation(turns, tools);
  notes.push(...more);
  const trained = turns.filter(({ role, train }) => role === 'assistant' && train);
  const targets = spans.map((span, i) => {
    const { weight } = (lastTurnOnly ? trained.at(-1) : trained[i]) ?? {};
    return { ...predictable(span), ...(weight !== undefined && { weight }) };
  });
  return { ids, targets, lastTurnOnly, notes, rendered: { turns, tools } };
}

function callsInWords(turn: Turn): Turn {
  const { tool_calls: calls, ...rest } = turn;
  if (!calls) return turn;
  const words = callsAsText(calls);
  return { ...rest, content: turn.content === '' ? words : `${turn.content}\n${words}` };
}

function encodePair(prompt: string, completion: string, tokenizer: RowTokenizer): EncodedRow {
  const before = tokenizer.encode(prompt, { addSpecial: 'front' });
  const ids = before.concat(tokenizer.encode(completion));
  return withoutTemplate(ids, { targetsFrom: before.length, last: ids.at(-1) }, tokenizer);
}

function encodeText(text: string, tokenizer: RowTokenizer): EncodedRow {
  const ids = tokenizer.encode(text, { addSpecial: true });
  const own = ids.length - tokenizer.frame.after.length;
  const last = tokenizer.frame.after.at(-1) ?? ids[own - 1];
  return withoutTemplate(ids, { targetsFrom: 0, last }, tokenizer);
}

/**
 * Ids as they are, with one EOS at their end. Control tokens that the row spells are control tokens, as they are where
 * the text is asked; no second EOS follows one of the row's own.
 */
function withoutTemplate(
  ids: number[],
  { targetsFrom, last }: { targetsFrom: number; last: number | undefined },
  tokenizer: RowTokenizer,
): EncodedRow {
  const { before, after } = tokenizer.frame;
  const own = ids.slice(before.length, targetsFrom === 0 ? ids.length - after.length : ids.length);
  const notes: RowNote[] = own.some((id) => tokenizer.isControl(id)) ? ['control'] : [];
  const { eosTokenId } = tokenizer;
  if (eosTokenId !== null && last !== eosTokenId) ids.push(eosTokenId);
  const targets = [predictable({ begin: targetsFrom, end: ids.length })];
  return { ids, targets, lastTurnOnly: false, notes, rendered: null };
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
 * @returns ids, labels (−100 or the token itself) and, where one is not 1, weights, each [min(length, maxLength)], and
 *   how many ids were cut.
 */
export function toExample(
  row: EncodedRow,
  maxLength: number,
): { ids: Int32Array; labels: Int32Array; weights?: Float32Array; truncated: number } {
  const length = Math.min(row.ids.length, maxLength);
  const ids = Int32Array.from(row.ids.slice(0, length));
  const labels = new Int32Array(length).fill(-100);
  const weights = row.targets.some(({ weight }) => weight !== undefined)
    ? new Float32Array(length).fill(1)
    : undefined;
  for (const { begin, end, weight } of row.targets) {
    for (let i = begin; i < Math.min(end, length); i++) labels[i] = ids[i];
    if (weight !== undefined) weights?.fill(weight, begin, Math.min(end, length));
  }
  return { ids, labels, ...(weights && { weights }), truncated: row.ids.length - length };
}
