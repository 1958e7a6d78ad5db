import type { DataFormat, Mapping, Row, Turn } from './row.ts';

/**
 * What a row of a dataset means. A row becomes a conversation, a prompt with its completion, or a text; or it
 * is bad, for a reason that is one sentence. The checks are those of OpenAI's fine-tuning files.
 */

/** Formats that can be told from the keys of a row; preference rows are known, and refused. */
export type RowFormat = Exclude<DataFormat, 'mapped'> | 'preference';

type JsonObject = Record<string, unknown>;

const ROLES = new Set(['system', 'user', 'assistant', 'tool']);
const MESSAGE_KEYS = new Set(['role', 'content', 'name', 'weight']);
const SHAREGPT_ROLES: Record<string, string> = {
  system: 'system',
  human: 'user',
  user: 'user',
  gpt: 'assistant',
  assistant: 'assistant',
  function_call: 'assistant',
  observation: 'tool',
  tool: 'tool',
};

/** The format that the keys of a row speak for, or null. */
export function formatOf(row: JsonObject): RowFormat | null {
  if ('messages' in row) return 'chat';
  if ('conversations' in row) return 'sharegpt';
  if ('chosen' in row && 'rejected' in row) return 'preference';
  if ('prompt' in row && 'completion' in row) return 'prompt-completion';
  if ('instruction' in row && 'output' in row) return 'alpaca';
  if ('text' in row) return 'text';
  return null;
}

/**
 * Reads one row.
 *
 * @param format what the file was recognised as, or `mapped` with `mapping` naming its columns.
 * @returns the row, or a sentence that says why it cannot be used.
 */
export function readRow(row: JsonObject, format: DataFormat | 'preference', mapping?: Mapping): Row | string {
  switch (format) {
    case 'chat':
      return readChat(row);
    case 'sharegpt':
      return readShareGpt(row);
    case 'prompt-completion':
      return readPair(row);
    case 'alpaca':
      return readAlpaca(row);
    case 'text':
      return readText(row, 'text');
    case 'preference':
      return 'The row is a preference pair (chosen and rejected); preference training is not supported yet.';
    case 'mapped':
      return mapping ? readMapped(row, mapping) : 'No columns were chosen for this file.';
  }
}

/**
 * Reads one row of a file whose rows are mostly of `format`, by its own where its keys speak for another: several
 * files of different formats may be opened as one. Null: no row has said yet what the format is.
 */
export function readRowOf(
  row: JsonObject,
  format: DataFormat | 'preference' | null,
  mapping?: Mapping,
): Row | string {
  const own = formatOf(row);
  const first = format ?? own;
  if (first === null) return unknownFormat(row);
  const result = readRow(row, first, mapping);
  // Columns that were chosen by hand are the person's word.
  if (typeof result !== 'string' || own === null || own === first || first === 'mapped') return result;
  return readRow(row, own);
}

function unknownFormat(row: JsonObject): string {
  const names = Object.keys(row).slice(0, 8).join(', ');
  return names === '' ? 'The row has no columns.' : `The columns ${names} are no known format.`;
}

function readChat(row: JsonObject): Row | string {
  if (Array.isArray(row.tools) && row.tools.length > 0)
    return 'The row defines tools, which are not supported.';
  const messages = readMessages(row.messages, 'messages', true);
  if (typeof messages === 'string') return messages;
  if (!messages.some((turn) => turn.role === 'assistant')) return 'The row has no assistant turn.';
  return { kind: 'messages', messages };
}

/** @param train whether its assistant turns are trained on, where no weight says otherwise. */
function readMessages(value: unknown, key: string, train: boolean): Turn[] | string {
  if (value === undefined) return `The row has no "${key}".`;
  if (!Array.isArray(value)) return `"${key}" is not a list.`;
  if (value.length === 0) return `"${key}" is empty.`;
  const turns: Turn[] = [];
  for (let i = 0; i < value.length; i++) {
    const turn = readMessage(value[i], train);
    if (typeof turn === 'string') return `Message ${i + 1} ${turn}.`;
    turns.push(turn);
  }
  return turns;
}

function readMessage(message: unknown, train: boolean): Turn | string {
  if (!isObject(message)) return 'is not an object';
  if (!('role' in message)) return 'has no role';
  // Files of OpenAI's have an empty list where no tool is called.
  const calls = message.tool_calls;
  const noCalls = calls === undefined || calls === null || (Array.isArray(calls) && calls.length === 0);
  if (message.function_call || !noCalls) {
    return 'calls a tool in a field of its own, which is not supported; write the call into its content';
  }
  if (!('content' in message)) return 'has no content';
  for (const key of Object.keys(message)) {
    const known = MESSAGE_KEYS.has(key) || key === 'tool_calls';
    if (!known && message[key] !== null) return `has the unknown key "${shorten(key)}"`;
  }
  const { role, content, name, weight } = message;
  if (typeof role !== 'string' || !ROLES.has(role)) {
    return `has the unknown role ${shorten(JSON.stringify(role))} (system, user, assistant or tool)`;
  }
  if (typeof content !== 'string') return 'has a content that is not a string';
  if (content === '') return 'has an empty content';
  if (name !== undefined && name !== null && typeof name !== 'string')
    return 'has a name that is not a string';
  if (weight !== undefined && weight !== null) {
    if (role !== 'assistant') return 'has a weight, but only assistant turns may have one';
    if (weight !== 0 && weight !== 1) return 'has a weight that is neither 0 nor 1';
  }
  const turn: Turn = {
    role,
    content: wellFormed(content),
    train: train && role === 'assistant' && weight !== 0,
  };
  if (typeof name === 'string') turn.name = wellFormed(name);
  return turn;
}

function readShareGpt(row: JsonObject): Row | string {
  const list = row.conversations;
  if (!Array.isArray(list)) return '"conversations" is not a list.';
  if (list.length === 0) return '"conversations" is empty.';
  const messages: Turn[] = [];
  if (typeof row.system === 'string' && row.system !== '') {
    messages.push({ role: 'system', content: wellFormed(row.system), train: false });
  }
  for (let i = 0; i < list.length; i++) {
    const item: unknown = list[i];
    const where = `Message ${i + 1}`;
    if (!isObject(item)) return `${where} is not an object.`;
    if (!('from' in item)) return `${where} has no "from".`;
    if (!('value' in item)) return `${where} has no "value".`;
    const role = typeof item.from === 'string' ? SHAREGPT_ROLES[item.from] : undefined;
    if (role === undefined || !Object.hasOwn(SHAREGPT_ROLES, item.from as string)) {
      return `${where} is from ${shorten(JSON.stringify(item.from))}, which is no known speaker.`;
    }
    if (typeof item.value !== 'string') return `${where} has a value that is not a string.`;
    if (item.value === '') return `${where} has an empty value.`;
    if (role === 'system' && messages[0]?.role === 'system' && i === 0) messages.length = 0;
    messages.push({ role, content: wellFormed(item.value), train: role === 'assistant' });
  }
  if (!messages.some((turn) => turn.train)) return 'The row has no assistant turn.';
  return { kind: 'messages', messages };
}

function readPair(row: JsonObject): Row | string {
  const { prompt, completion } = row;
  if (prompt === undefined) return 'The row has no "prompt".';
  if (completion === undefined) return 'The row has no "completion".';
  if (typeof prompt === 'string' && typeof completion === 'string') {
    if (completion === '') return 'The completion is empty.';
    return { kind: 'pair', prompt: wellFormed(prompt), completion: wellFormed(completion) };
  }
  if (Array.isArray(prompt) && Array.isArray(completion)) {
    const before = readMessages(prompt, 'prompt', false);
    if (typeof before === 'string') return before;
    const after = readMessages(completion, 'completion', true);
    if (typeof after === 'string') return after;
    if (!after.some((turn) => turn.role === 'assistant')) return 'The completion has no assistant turn.';
    return { kind: 'messages', messages: [...before, ...after] };
  }
  return 'Prompt and completion must both be strings, or both lists of messages.';
}

function readAlpaca(row: JsonObject): Row | string {
  const { instruction, input, output } = row;
  if (typeof instruction !== 'string') return `The instruction is ${missing(instruction)}.`;
  if (instruction === '') return 'The instruction is empty.';
  if (input !== undefined && input !== null && typeof input !== 'string') return 'The input is not a string.';
  if (typeof output !== 'string') return `The output is ${missing(output)}.`;
  if (output === '') return 'The output is empty.';
  const prompt = input ? `${instruction}\n\n${input}` : instruction;
  return { kind: 'pair', prompt: wellFormed(prompt), completion: wellFormed(output) };
}

function readText(row: JsonObject, column: string): Row | string {
  const text = row[column];
  if (typeof text !== 'string') return `"${shorten(column)}" is ${missing(text)}.`;
  if (text === '') return `"${shorten(column)}" is empty.`;
  return { kind: 'text', text: wellFormed(text) };
}

function readMapped(row: JsonObject, mapping: Mapping): Row | string {
  if ('text' in mapping) return readText(row, mapping.text);
  const prompt = cell(row, mapping.prompt);
  if (prompt === null) return noCell(row, mapping.prompt);
  const completion = cell(row, mapping.completion);
  if (completion === null) return noCell(row, mapping.completion);
  if (completion === '') return `"${shorten(mapping.completion)}" is empty.`;
  if (mapping.system === undefined) return { kind: 'pair', prompt, completion };
  const system = cell(row, mapping.system);
  if (system === null) return noCell(row, mapping.system);
  const messages: Turn[] = [
    { role: 'user', content: prompt, train: false },
    { role: 'assistant', content: completion, train: true },
  ];
  if (system !== '') messages.unshift({ role: 'system', content: system, train: false });
  return { kind: 'messages', messages };
}

/**
 * Labels are often numbers or booleans in a file of columns; they are written as JSON writes them. An integer beyond
 * 2^53 need not be the file's any more, so it has no text.
 */
function cell(row: JsonObject, column: string): string | null {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value === 'number') return isExact(value) ? String(value) : null;
  return typeof value === 'boolean' ? String(value) : null;
}

/** Why a column has no text. */
function noCell(row: JsonObject, column: string): string {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  const why =
    typeof value === 'number' ? 'a number too large to be read exactly; write it in quotes' : missing(value);
  return `"${shorten(column)}" is ${why}.`;
}

function isExact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/** A lone surrogate, which JSON can spell but UTF-8 cannot, becomes U+FFFD. */
function wellFormed(text: string): string {
  return LONE_SURROGATE.test(text) ? text.replace(LONE_SURROGATES, '\uFFFD') : text;
}

const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

function missing(value: unknown): string {
  return value === undefined || value === null ? 'missing' : 'not a string';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shorten(text: string | undefined): string {
  const known = text ?? 'nothing';
  return known.length > 40 ? `${known.slice(0, 40)}…` : known;
}
