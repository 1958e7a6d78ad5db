import { textOf } from './cells.ts';
import { type Columns, isFilled, isObject } from './form.ts';
import type { Example, Tool, Turn } from './row.ts';
import { readTools } from './tools.ts';
import { filledKey, leftOver, readTurns } from './turns.ts';

/** What stands beside a list of turns in a row: the system text, the tools; and the conversation that comes of it. */

export const SYSTEM_KEYS = [
  'system',
  'system_prompt',
  'instructions',
  'systemInstruction',
  'system_instruction',
];
const TOOL_KEYS = ['tools', 'functions'];

/** Reads the turns in a column, with what stands beside them. */
export function readConversation(row: Columns, column: string): Example | string {
  const turns = readTurns(row.take(column), { called: `"${column}"`, train: true, columns: row });
  if (typeof turns === 'string') return turns;
  return asConversation(row, turns);
}

/** A conversation of these turns, with the system text and the tools that the row has beside them. */
export function asConversation(row: Columns, turns: Turn[]): Example | string {
  if (!turns.some(({ role }) => role === 'assistant')) return 'The row has no assistant turn.';
  const tools = toolsBeside(row);
  if (typeof tools === 'string') return tools;
  const messages = [...systemBeside(row, turns), ...turns];
  return tools ? { kind: 'messages', messages, tools } : { kind: 'messages', messages };
}

/** The system text beside the turns; theirs wins where they begin with one. */
export function systemBeside(row: Columns, turns: readonly Turn[] = []): Turn[] {
  if (turns[0]?.role === 'system') return [];
  const given = row.takeFirst(SYSTEM_KEYS);
  if (!isFilled(given)) return [];
  const content = systemText(given, row);
  return content === '' ? [] : [{ role: 'system', content, train: false }];
}

function systemText(value: unknown, row: Columns): string {
  if (Array.isArray(value)) return value.map((one) => systemText(one, row)).join('');
  if (!isObject(value)) return textOf(value) ?? '';
  const key = filledKey(value, ['parts', 'text', 'content']);
  row.leave('the system text', leftOver(value, [[key ?? '', 'role', 'type']]));
  return key === undefined ? '' : systemText(value[key], row);
}

/** @returns null where the row has none; a sentence where they cannot be read. */
export function toolsBeside(row: Columns): Tool[] | null | string {
  const given = row.takeFirst(TOOL_KEYS);
  if (!isFilled(given)) return null;
  const tools = readTools(given);
  return typeof tools === 'string' || tools.length > 0 ? tools : null;
}
