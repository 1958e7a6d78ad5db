import { unpacked, wellFormed } from './cells.ts';
import { isFilled, isObject } from './form.ts';
import type { Tool, ToolCall } from './row.ts';

/** Tools and their calls in the shapes that files have them in, as chat templates take them. */

/** The tools of a row: a list, one, or either as JSON text; with or without `{"type": "function"}` around each. */
export function readTools(given: unknown): Tool[] | string {
  const value = unpacked(given);
  const list = Array.isArray(value) ? value : [value];
  const tools: Tool[] = [];
  for (const item of list.map(unpacked)) {
    const tool = isObject(item) && isObject(item.function) ? item.function : item;
    if (!isObject(tool) || typeof tool.name !== 'string')
      return 'A tool of the row has no name; tools are a list of {"type": "function", "function": {"name": …}}.';
    tools.push({ type: 'function', function: wellFormedValue(tool) as Tool['function'] });
  }
  return tools;
}

/** The calls of a turn: OpenAI's `tool_calls` or `function_call`, flat `{"name", "arguments"}`, or JSON text of these. */
export function readCalls(given: unknown): ToolCall[] | null {
  const value = unpacked(given);
  const calls: ToolCall[] = [];
  for (const item of (Array.isArray(value) ? value : [value]).map(unpacked)) {
    if (!isObject(item)) return null;
    const call = isObject(item.function) ? item.function : item;
    const name = call.name ?? call.action;
    if (typeof name !== 'string') return null;
    const args = call.arguments ?? call.parameters ?? call.args ?? call.input ?? call.action_input ?? {};
    calls.push({
      type: 'function',
      ...(typeof item.id === 'string' && isFilled(item.id) && { id: item.id }),
      function: { name: wellFormed(name), arguments: wellFormedValue(argumentsOf(args)) },
    });
  }
  return calls.length === 0 ? null : calls;
}

/** Arguments are an object; files often have its JSON text, and some the JSON text of that. */
function argumentsOf(given: unknown): unknown {
  let value = given;
  for (let times = 0; times < 2 && typeof value === 'string'; times++) {
    try {
      value = JSON.parse(value);
    } catch {
      return given;
    }
  }
  return isObject(value) ? value : given;
}

/** Calls as a turn's words, for a template that writes none. */
export function callsAsText(calls: readonly ToolCall[]): string {
  return calls
    .map(({ function: { name, arguments: given } }) => JSON.stringify({ name, arguments: given }))
    .join('\n');
}

function wellFormedValue(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(wellFormedValue);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [wellFormed(key), wellFormedValue(inner)]),
  );
}
