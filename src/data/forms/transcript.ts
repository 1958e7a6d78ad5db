import type { Turn } from './row.ts';

/** A conversation as one text, as Anthropic’s files have it: `\n\nHuman: …\n\nAssistant: …`. */

const SPEAKERS: Record<string, 'user' | 'assistant'> = { Human: 'user', Assistant: 'assistant' };
const MARK = /(?:^|\n\n)(Human|Assistant):/g;

/** Null where the text is none: it has to begin with a speaker, ask something, and end with words of the assistant. */
export function transcriptTurns(text: string): Turn[] | null {
  const whole = text.trimStart();
  const marks = [...whole.matchAll(MARK)];
  if (marks.length < 2 || marks[0].index !== 0) return null;
  const turns = marks.map((mark, i): Turn => {
    const role = SPEAKERS[mark[1]];
    const content = whole.slice(mark.index + mark[0].length, marks[i + 1]?.index).trim();
    return { role, content, train: role === 'assistant' };
  });
  // Files of this kind have empty turns here and there, which say nothing.
  const said = turns.filter(({ content }) => content !== '');
  return said[0]?.role === 'user' && said.at(-1)?.role === 'assistant' && turns.at(-1)?.content !== ''
    ? said
    : null;
}
