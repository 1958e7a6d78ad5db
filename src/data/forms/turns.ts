import { plainName, shorten, textOf, unpacked, wellFormed } from './cells.ts';
import { type Columns, isFilled, isObject, type JsonObject } from './form.ts';
import type { Turn } from './row.ts';
import { readCalls } from './tools.ts';

/**
 * Lists of turns, in the shapes that files have them in: objects with a speaker and words under any of their usual
 * names, pairs of a question and its answer, and texts that alternate.
 */

type Role = 'system' | 'user' | 'assistant' | 'tool';

/** Speakers by their usual names, in any case. */
const SPEAKERS: Record<string, Role> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  prompter: 'user',
  customer: 'user',
  assistant: 'assistant',
  gpt: 'assistant',
  model: 'assistant',
  bot: 'assistant',
  chatbot: 'assistant',
  ai: 'assistant',
  chatgpt: 'assistant',
  bing: 'assistant',
  bard: 'assistant',
  claude: 'assistant',
  function_call: 'assistant',
  tool_call: 'assistant',
  tool: 'tool',
  function: 'tool',
  ipython: 'tool',
  observation: 'tool',
  tool_response: 'tool',
  function_response: 'tool',
};
/** Speakers whose words are a call of a tool. */
const CALLERS = new Set(['function_call', 'tool_call']);

const ROLE_KEYS = ['role', 'from', 'speaker', 'author', 'sender'];
const CONTENT_KEYS = ['content', 'value', 'text', 'message', 'parts'];
const WEIGHT_KEYS = ['weight', 'loss_weight', 'train', 'trainable', 'training', 'loss'];
const THOUGHT_KEYS = ['reasoning_content', 'reasoning', 'thinking', 'thought'];
const CALL_KEYS = ['tool_calls', 'function_call'];
const CALL_ID_KEYS = ['tool_call_id'];
const NAME_KEYS = ['name'];

/** Names of the two halves of an exchange, where each element of a list is one. */
const EXCHANGES = [
  ['user', 'assistant'],
  ['human', 'assistant'],
  ['human', 'gpt'],
  ['human', 'bot'],
  ['prompt', 'completion'],
  ['prompt', 'response'],
  ['question', 'answer'],
  ['query', 'response'],
  ['input', 'output'],
  ['instruction', 'output'],
];

export interface ListOptions {
  /** What the sentence calls the list: `"messages"`. */
  called: string;
  /** Assistant turns are trained on, where no weight says otherwise. */
  train: boolean;
  /** Notes keys of turns that are not used. */
  columns?: Columns;
}

/** @returns the turns, or a sentence. */
export function readTurns(given: unknown, { called, train, columns }: ListOptions): Turn[] | string {
  const value = unpacked(given);
  if (value === undefined || value === null) return `The row has no ${called}.`;
  if (!Array.isArray(value)) return `${capital(called)} is not a list.`;
  if (value.length === 0) return `${capital(called)} is empty.`;
  const turns: Turn[] = [];
  for (let i = 0; i < value.length; i++) {
    const read = readElement(value[i], i, train, columns);
    if (typeof read === 'string') return `Message ${i + 1} ${read}.`;
    turns.push(...read);
  }
  return turns.length === 0 ? `${capital(called)} is empty.` : turns;
}

/** Whether a value is a list that `readTurns` is made for, by its first elements. */
export function looksLikeTurns(given: unknown): boolean {
  const value = unpacked(given);
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.slice(0, 4).every((element) => {
    if (!isObject(element)) return false;
    const item = withPlainKeys(element);
    if (exchangeOf(item)) return true;
    const speaker = first(item, ROLE_KEYS);
    return (
      typeof speaker === 'string' && (speakerOf(speaker) !== null || first(item, CONTENT_KEYS) !== undefined)
    );
  });
}

/** A list of texts, of which every second is an answer, or of pairs of texts. */
export function looksLikeTexts(given: unknown): boolean {
  const value = unpacked(given);
  if (!Array.isArray(value) || value.length === 0) return false;
  const isText = (item: unknown) => typeof item === 'string';
  if (value.every((item) => Array.isArray(item) && item.length === 2 && item.every(isText))) return true;
  return value.length > 1 && value.every(isText);
}

/**
 * The turns in what is asked or answered: a list of them, a list under `messages`, or one by itself. Null where it holds
 * none: JSON may be what is to be learned, so it is turns only where everyone who speaks is known.
 */
export function turnsIn(given: unknown): unknown[] | null {
  const value = unpacked(given);
  const inner = isObject(value) && Array.isArray(value.messages) ? value.messages : value;
  const list = isObject(inner) ? [inner] : inner;
  if (!Array.isArray(list) || list.length === 0) return null;
  return list.every((item) => isObject(item) && hasSpeaker(withPlainKeys(item))) ? list : null;
}

/** Whether a row is itself one turn of a conversation: somebody's words and nothing else. */
export function isTurn(row: JsonObject): boolean {
  return (
    hasSpeaker(row) &&
    typeof first(row, CONTENT_KEYS) === 'string' &&
    !Object.values(row).some(looksLikeTurns)
  );
}

function hasSpeaker(item: JsonObject): boolean {
  const speaker = first(item, ROLE_KEYS);
  return typeof speaker === 'string' && speakerOf(speaker) !== null;
}

/** Keys in lower case, as most files have them. */
function withPlainKeys(item: JsonObject): JsonObject {
  const keys = Object.keys(item);
  if (!keys.some((key) => /^[A-Z]/.test(key))) return item;
  return Object.fromEntries(keys.map((key) => [/^[A-Z]/.test(key) ? plainName(key) : key, item[key]]));
}

function readElement(given: unknown, i: number, train: boolean, columns?: Columns): Turn[] | string {
  const item = isObject(given) ? withPlainKeys(given) : given;
  if (typeof item === 'string') return spoken(i % 2 === 0 ? 'user' : 'assistant', item, train);
  if (Array.isArray(item) && item.length === 2) return exchange(item, train);
  if (!isObject(item)) return 'is not an object';
  const keys = exchangeOf(item);
  if (keys) {
    columns?.leave('a turn', leftOver(item, [keys]));
    return exchange([item[keys[0]], item[keys[1]]], train);
  }
  return readTurn(item, train, columns);
}

function exchange(pair: readonly unknown[], train: boolean): Turn[] | string {
  const [question, answer] = pair.map(textOf);
  if (question === null || answer === null) return 'is not a pair of texts';
  const asked = spoken('user', question, train);
  const answered = spoken('assistant', answer, train);
  if (typeof asked === 'string') return asked;
  return typeof answered === 'string' ? answered : [...asked, ...answered];
}

function spoken(role: Role, text: string, train: boolean): Turn[] | string {
  if (text === '') return 'has an empty content';
  return [{ role, content: wellFormed(text), train: train && role === 'assistant' }];
}

function readTurn(item: JsonObject, train: boolean, columns?: Columns): Turn[] | string {
  const roleKey = ROLE_KEYS.find((key) => isFilled(item[key]));
  if (roleKey === undefined) return 'has no role';
  const given = item[roleKey];
  const role = typeof given === 'string' ? speakerOf(given) : null;
  if (role === null)
    return `is from ${shorten(JSON.stringify(given))}, who is none of system, user, assistant and tool: call whoever is to be learned assistant, and the others user`;
  const contentKey =
    CONTENT_KEYS.find((key) => isFilled(item[key])) ?? CONTENT_KEYS.find((key) => key in item);
  const parts = readContent(contentKey === undefined ? null : item[contentKey], columns);
  if (typeof parts === 'string') return parts;
  const called = CALL_KEYS.map((key) => item[key]).find(isFilled) ?? parts.calls;
  let calls = called === null || called === undefined ? null : readCalls(called);
  if (called && !calls) return 'calls a tool in a way that cannot be read ({"name": …, "arguments": …})';
  if (calls && role !== 'assistant') return 'calls a tool, but only assistant turns may do so';
  let content = parts.text ?? '';
  if (!calls && CALLERS.has(plainName(given as string))) {
    calls = readCalls(content);
    if (calls) content = '';
  }
  if (contentKey === undefined && !calls) return 'has no content';
  if (parts.text === null && !calls) return 'has a content that is not a string';
  // A system turn without words is none; a tool may have nothing to say.
  if (content === '' && role === 'system') return [];
  if (content === '' && !calls && role !== 'tool') return 'has an empty content';
  const name = item.name;
  if (isFilled(name) && typeof name !== 'string') return 'has a name that is not a string';
  const weight = readWeight(item, role);
  if (typeof weight === 'string') return weight;
  const thought = textOf(first(item, THOUGHT_KEYS)) ?? parts.thought;
  const id = item.tool_call_id;
  columns?.leave(
    'a turn',
    leftOver(item, [
      [roleKey, contentKey ?? '', ...CALL_KEYS, ...NAME_KEYS, ...CALL_ID_KEYS],
      WEIGHT_KEYS,
      THOUGHT_KEYS,
    ]),
  );
  return [
    {
      role,
      content,
      ...(isFilled(name) && { name: wellFormed(name as string) }),
      ...(isFilled(thought) && { reasoning_content: thought! }),
      ...(calls && { tool_calls: calls }),
      ...(typeof id === 'string' && isFilled(id) && { tool_call_id: id }),
      train: train && role === 'assistant' && weight !== 0,
      ...(weight > 0 && weight < 1 && { weight }),
    },
  ];
}

interface Content {
  /** Null where it is no text. */
  text: string | null;
  thought: string | null;
  calls: unknown[] | null;
}

/** The words of a turn: a text, or a list of parts of which each is one. A sentence where a part is a picture. */
function readContent(value: unknown, columns?: Columns): Content | string {
  if (!Array.isArray(value) && !isObject(value)) {
    return { text: value === null ? '' : textOf(value), thought: null, calls: null };
  }
  const content: Content = { text: '', thought: null, calls: null };
  for (const part of Array.isArray(value) ? value : [value]) {
    const key = isObject(part) ? filledKey(part, PART_KEYS) : undefined;
    const text = typeof part === 'string' ? part : key === undefined ? null : textOf(part[key]);
    const type = isObject(part) && typeof part.type === 'string' ? part.type : null;
    if (isObject(part) && (type === 'tool_use' || isObject(part.functionCall)))
      content.calls = [...(content.calls ?? []), part.functionCall ?? part];
    else if (text === null || MEDIA.test(type ?? '')) {
      return `has a part of the kind ${shorten(JSON.stringify(type ?? Object.keys(Object(part))[0]))}, which this model cannot read: it reads text`;
    } else {
      if (type !== null && /^(thinking|reasoning)/.test(type))
        content.thought = (content.thought ?? '') + wellFormed(text);
      else content.text += wellFormed(text);
      if (key !== undefined) columns?.leave('a part of a turn', leftOver(part, [[key, 'type']]));
    }
  }
  return content;
}

const PART_KEYS = ['text', 'value', 'content', 'thinking'];
const MEDIA = /image|video|audio|file/;

/** 0 to 1, the least of several; a sentence where a turn is not to have one. */
function readWeight(item: JsonObject, role: Role): number | string {
  const weights = WEIGHT_KEYS.map((key) => item[key]).filter(
    (value) => value !== undefined && value !== null,
  );
  let least = 1;
  for (const given of weights) {
    const weight = typeof given === 'boolean' ? Number(given) : given;
    if (typeof weight !== 'number' || !(weight >= 0 && weight <= 1))
      return 'has a weight that is not between 0 and 1';
    if (weight !== 0 && role !== 'assistant') return 'has a weight, but only assistant turns may have one';
    least = Math.min(least, weight);
  }
  return least;
}

function exchangeOf(item: JsonObject): string[] | null {
  if (first(item, ROLE_KEYS) !== undefined) return null;
  return EXCHANGES.find((keys) => keys.every((key) => typeof item[key] === 'string')) ?? null;
}

function speakerOf(given: string): Role | null {
  const name = plainName(given);
  return Object.hasOwn(SPEAKERS, name) ? SPEAKERS[name] : null;
}

function first(item: JsonObject, keys: readonly string[]): unknown {
  return keys.map((key) => (Object.hasOwn(item, key) ? item[key] : undefined)).find(isFilled);
}

/** The first of these keys that is there. */
export function filledKey(item: JsonObject, keys: readonly string[]): string | undefined {
  return keys.find((key) => item[key] !== undefined && item[key] !== null);
}

/** Keys that say something and are none of the used. */
export function leftOver(item: JsonObject, used: readonly (readonly string[])[]): string[] {
  return Object.keys(item).filter((key) => isFilled(item[key]) && !used.some((keys) => keys.includes(key)));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
