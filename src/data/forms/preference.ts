import { shorten, textOf, unpacked } from './cells.ts';
import { systemBeside, toolsBeside } from './conversation.ts';
import { type Columns, type Form, isFilled, isObject, type JsonObject } from './form.ts';
import type { Example, Row, Tool, Turn } from './row.ts';
import { readTools } from './tools.ts';
import { transcriptTurns } from './transcript.ts';
import { looksLikeTurns, readTurns, turnsIn } from './turns.ts';

/**
 * Two answers to the same, of which one is better. Whatever stands beside them is what they answer: turns, or a prompt;
 * without it, what both begin with. A row with a rejected answer alone is one of them too, so that it is never taken for a
 * good one.
 */
const CHOSEN = ['chosen', 'chosen_messages', 'chosen_response', 'preferred_output', 'preferred', 'winner'];
const REJECTED = [
  ...['rejected', 'rejected_messages', 'rejected_response', 'non_preferred_output', 'dispreferred', 'loser'],
];
const CONTEXT = [
  'messages',
  'conversations',
  'conversation',
  'prompt',
  'question',
  'instruction',
  'input',
  'query',
];

/** Those of them that hold turns, whose last is the better answer where a worse one stands beside them alone. */
const TURNS = CONTEXT.slice(0, 3);

/** One of the two: turns, or a text. */
type Side = Turn[] | string;

export const preference: Form = {
  name: 'preference',
  label: 'pairs of answers',
  rows: 'pairs',
  example: [
    '{"prompt": "Capital of France?", "chosen": "Paris.", "rejected": "Lyon."}',
    '{"messages": [{"role": "user", "content": "2 + 2?"}], "chosen": {"role": "assistant", "content": "4"}, "rejected": {"role": "assistant", "content": "5"}}',
  ],
  recognise(row) {
    const [chosen, rejected] = [keyIn(row, CHOSEN), keyIn(row, REJECTED)];
    if (rejected === undefined) return null;
    return chosen === undefined ? `"${rejected}"` : `"${chosen}" and "${rejected}"`;
  },
  read(row) {
    if (keyIn(row.row, CHOSEN) === undefined && TURNS.some((key) => isFilled(row.row[key])))
      return readRejectedBeside(row);
    const chosen = readSide(row, CHOSEN);
    if ('error' in chosen) return chosen.error;
    const rejected = readSide(row, REJECTED);
    if ('error' in rejected) return rejected.error;
    const tools = toolsBeside(row);
    if (typeof tools === 'string') return tools;
    return pairOf(row, chosen.side, rejected.side, tools);
  },
};

/** Names that may be an ordinary column's (`winner`) count only where their opposite stands beside them. */
function keyIn(row: JsonObject, names: readonly string[]): string | undefined {
  const found = names.find(
    (name) => isFilled(row[name]) || (name in row && (name === 'chosen' || name === 'rejected')),
  );
  const at = found === undefined ? -1 : names.indexOf(found);
  if (at < 4) return found;
  return (names === CHOSEN ? REJECTED : CHOSEN)[at] in row ? found : undefined;
}

function readSide(row: Columns, names: readonly string[]): { side: Side } | { error: string } {
  const key = keyIn(row.row, names);
  if (key === undefined) return { error: `The row is a preference pair without "${names[0]}".` };
  const value = unpacked(row.take(key));
  const list = Array.isArray(value) ? value : [value];
  if (looksLikeTurns(list)) {
    const turns = readTurns(list, { called: `"${key}"`, train: true, columns: row });
    if (typeof turns === 'string') return { error: turns };
    if (turns.some(({ weight }) => weight !== undefined))
      return {
        error: `"${key}" has a turn with a weight between 0 and 1, which a pair cannot have: give 0 or 1.`,
      };
    return { side: turns };
  }
  // As it stands in the file: a text that is a JSON list is one.
  const content = textOf(row.row[key]);
  if (content === null) return { error: `"${key}" is neither a string nor a list of turns.` };
  return content === '' ? { error: `"${key}" is empty.` } : { side: content };
}

/** Turns with their answer, and a worse answer beside them: a turn or a text in place of the last, or all turns again. */
function readRejectedBeside(row: Columns): Example | string {
  const rejected = readSide(row, REJECTED);
  if ('error' in rejected) return rejected.error;
  const key = TURNS.find((name) => isFilled(row.row[name]))!;
  const turns = readTurns(row.take(key), { called: `"${key}"`, train: true, columns: row });
  if (typeof turns === 'string') return turns;
  if (turns.at(-1)?.role !== 'assistant') return `The row is a preference pair without "chosen".`;
  const tools = toolsBeside(row);
  if (typeof tools === 'string') return tools;
  const { side } = rejected;
  if (typeof side !== 'string' && side[0].role !== 'assistant')
    return withOwnContext(row, turns, side, tools);
  const better = turns.slice(-1);
  if (JSON.stringify(asTurns(side)) === JSON.stringify(better)) return SAME;
  const before = turns.slice(0, -1);
  return conversations([...systemBeside(row, before), ...before], better, asTurns(side), tools);
}

const SAME = 'Both answers are the same, so that there is nothing to prefer.';

function pairOf(row: Columns, chosen: Side, rejected: Side, tools: Tool[] | null): Example | string {
  if (JSON.stringify(chosen) === JSON.stringify(rejected)) return SAME;
  const begins = (side: Side) => typeof side !== 'string' && side[0].role !== 'assistant';
  if (begins(chosen) !== begins(rejected) && typeof chosen !== 'string' && typeof rejected !== 'string')
    return 'Only one of the two answers has its question before it.';
  if (typeof chosen !== 'string' && typeof rejected !== 'string' && begins(chosen))
    return withOwnContext(row, chosen, rejected, tools);
  const key = CONTEXT.find((name) => isFilled(row.row[name]));
  if (key === undefined) return withoutContext(row, chosen, rejected, tools);
  const context = readContext(row, key);
  if (typeof context === 'string') return context;
  const system = systemBeside(row, context.turns);
  const called = context.tools ?? tools;
  if (typeof chosen === 'string' && typeof rejected === 'string' && context.text !== null)
    if (system.length === 0 && !called) return asPair(context.text, chosen, rejected);
  return conversations([...system, ...context.turns], asTurns(chosen), asTurns(rejected), called);
}

/** What both lists of turns begin with is what they answer. A prompt beside them says the same, or is not used. */
function withOwnContext(
  row: Columns,
  chosen: Turn[],
  rejected: Turn[],
  tools: Tool[] | null,
): Example | string {
  let common = 0;
  while (common < Math.min(chosen.length, rejected.length) && isSame(chosen[common], rejected[common]))
    common++;
  if (common === 0) return 'The two answers have no common beginning: they are to answer the same.';
  const begin = chosen.slice(0, common);
  const key = CONTEXT.find((name) => isFilled(row.row[name]) && !row.isUsed(name));
  if (key !== undefined) {
    const asked = begin.findLast(({ role }) => role === 'user')?.content;
    const beside = readContext(row, key, false);
    const isRepeated =
      typeof beside !== 'string' &&
      (beside.text === null
        ? beside.turns.every((turn, i) => i < common && isSame(turn, begin[i]))
        : beside.text === asked);
    if (isRepeated) row.take(key);
    else if (typeof beside !== 'string' && beside.text === null)
      return `"${shorten(key)}" is not what the two answers begin with.`;
  }
  return conversations(
    [...systemBeside(row, begin), ...begin],
    chosen.slice(common),
    rejected.slice(common),
    tools,
  );
}

/** Two texts alone: transcripts of a conversation, or texts that part somewhere. */
function withoutContext(row: Columns, chosen: Side, rejected: Side, tools: Tool[] | null): Example | string {
  if (typeof chosen !== 'string' || typeof rejected !== 'string')
    return 'The pair says nothing of what is answered: give a "prompt".';
  const [one, other] = [transcriptTurns(chosen), transcriptTurns(rejected)];
  if (one && other) return withOwnContext(row, one, other, tools);
  if (chosen[0] !== rejected[0])
    return 'The pair says nothing of what is answered: give a "prompt", or texts with a common beginning.';
  return {
    kind: 'preference',
    chosen: { kind: 'text', text: chosen },
    rejected: { kind: 'text', text: rejected },
  };
}

function asPair(prompt: string, chosen: string, rejected: string): Example {
  const row = (completion: string): Row => ({ kind: 'pair', prompt, completion });
  return { kind: 'preference', chosen: row(chosen), rejected: row(rejected) };
}

function conversations(
  context: Turn[],
  chosen: Turn[],
  rejected: Turn[],
  tools: Tool[] | null,
): Example | string {
  const before = context.map(({ weight: _, ...turn }) => ({ ...turn, train: false }));
  const row = (after: Turn[]): Row => ({
    kind: 'messages',
    messages: [...before, ...after],
    ...(tools && { tools }),
  });
  for (const [name, turns] of [
    ['better', chosen],
    ['worse', rejected],
  ] as const)
    if (!turns.some(({ role, train }) => role === 'assistant' && train))
      return `The ${name} answer has no assistant turn after what both begin with.`;
  return { kind: 'preference', chosen: row(chosen), rejected: row(rejected) };
}

function asTurns(side: Side): Turn[] {
  return typeof side === 'string' ? [{ role: 'assistant', content: side, train: true }] : side;
}

function isSame(a: Turn, b: Turn): boolean {
  return JSON.stringify({ ...a, train: false }) === JSON.stringify({ ...b, train: false });
}

interface Context {
  turns: Turn[];
  /** Where it is a text and not a list of turns. */
  text: string | null;
  tools?: Tool[];
}

/** @param uses whether the column counts as used by this */
function readContext(row: Columns, key: string, uses = true): Context | string {
  const given = uses ? row.take(key) : row.row[key];
  const list = turnsIn(given) ?? unpacked(given);
  if (Array.isArray(list)) {
    const turns = readTurns(list, { called: `"${key}"`, train: false, columns: uses ? row : undefined });
    if (typeof turns === 'string') return turns;
    const tools = toolsWithin(row, key, unpacked(given));
    if (typeof tools === 'string') return tools;
    return { turns, text: null, ...(tools && { tools }) };
  }
  const text = textOf(given);
  return text === null
    ? `"${key}" is not a string.`
    : { turns: [{ role: 'user', content: text, train: false }], text };
}

/** OpenAI’s `input` has the tools beside its messages. */
function toolsWithin(row: Columns, key: string, value: unknown): Tool[] | null | string {
  if (!isObject(value) || !('messages' in value)) return null;
  row.leave(
    key,
    Object.keys(value).filter((name) => name !== 'messages' && name !== 'tools' && isFilled(value[name])),
  );
  return isFilled(value.tools) ? readTools(value.tools) : null;
}
