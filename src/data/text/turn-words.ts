import type { TemplateTurn } from './template.ts';

/** The words of turns, as a template is given them and as it writes them. */

type Unwritten = 'reasoning' | 'words';

/** What of the turns, thinking and words to train on, is not in the text. */
export function unwritten(
  safe: readonly TemplateTurn[],
  turns: readonly { train: boolean }[],
  text: string,
): Unwritten[] {
  const notes = new Set<Unwritten>();
  safe.forEach(({ role, content, reasoning_content: thought }, k) => {
    if (thought !== undefined && !text.includes(thought.trim())) notes.add('reasoning');
    if (role !== 'assistant' || !turns[k].train || text.includes(content.trim())) return;
    // Thinking may be written with other blanks around it; then it is there.
    const parts = content.split(/<\/?think>/).map((part) => part.trim());
    const missing = parts.some((part) => !text.includes(part));
    if (missing) notes.add(parts.length > 1 ? 'reasoning' : 'words');
  });
  return [...notes];
}

/** A turn as the template is to see it. */
export function templateTurn(turn: TemplateTurn): TemplateTurn {
  const { role, content, name, reasoning_content, tool_calls, tool_call_id } = turn;
  return {
    role,
    content,
    ...(name !== undefined && { name }),
    ...(reasoning_content !== undefined && { reasoning_content }),
    ...(tool_calls && { tool_calls }),
    ...(tool_call_id !== undefined && { tool_call_id }),
  };
}

/** What the template compares and people do not write: never changed. */
const FIXED_KEYS = new Set(['role', 'type']);

/** A copy with each text that a person wrote changed, in a fixed order. */
export function mapWords(value: unknown, change: (word: string) => unknown, key = ''): unknown[] {
  const mapped = (inner: unknown, of: string): unknown => {
    if (typeof inner === 'string') return FIXED_KEYS.has(of) ? inner : change(inner);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Array.isArray(inner)
      ? inner.map((item) => mapped(item, ''))
      : Object.fromEntries(Object.entries(inner).map(([name, item]) => [name, mapped(item, name)]));
  };
  return mapped(value, key) as unknown[];
}
