import { type Example, type Row, rowsWithin, type Tool, type Turn } from './row.ts';
import { callsAsText } from './tools.ts';

/** A row as something to ask: everything before its last answer, and that answer. */
export interface Question {
  /** Line in the file, from 1. */
  line: number;
  turns: Omit<Turn, 'train'>[];
  tools?: Tool[];
  reference: string;
}

/** Null where a row has no answer that is right: a text, an answer that is marked as bad. Of a pair the better one is. */
export function questionOf(example: Example, line: number): Question | null {
  if (example.kind === 'verdict' && !example.good) return null;
  const [row] = rowsWithin(example);
  if (row.kind === 'text') return null;
  if (row.kind === 'pair')
    return { line, turns: [{ role: 'user', content: row.prompt }], reference: row.completion };
  const last = row.messages.findLastIndex((turn) => turn.role === 'assistant' && turn.train);
  if (last < 0) return null;
  return {
    line,
    turns: row.messages.slice(0, last).map(({ train: _, ...turn }) => turn),
    reference: wordsOf(row.messages[last]),
    ...(row.tools && { tools: row.tools }),
  };
}

/**
 * A row as one thing to ask and its answer, whole: what was said before the first answer that is trained on. The first,
 * since it needs no history. A text is all answer.
 */
export function exchangeOf(example: Example): { question: string; answer: string } {
  const [row] = rowsWithin(example);
  if (row.kind === 'text') return { question: '', answer: row.text.trim() };
  if (row.kind === 'pair') return { question: row.prompt.trim(), answer: row.completion.trim() };
  const at = row.messages.findIndex((turn) => turn.role === 'assistant' && turn.train);
  const before = row.messages.slice(0, Math.max(0, at));
  return {
    question: before.findLast((turn) => turn.role === 'user')?.content.trim() ?? '',
    answer: at < 0 ? '' : wordsOf(row.messages[at]).trim(),
  };
}

/**
 * All that a row asks before its last answer, in one spelling: without system turns, in small letters, with single spaces.
 * Two rows with the same one are the same question, whatever their answers. A text is all of it.
 */
export function askingOf(example: Example): string {
  const [row] = rowsWithin(example);
  return oneSpelling(partsOf(row).join('\n'));
}

/** In small letters, with single spaces. */
export function oneSpelling(text: string): string {
  return text.trim().toLowerCase().replace(/\s+/g, ' ');
}

function partsOf(row: Row): string[] {
  if (row.kind === 'text') return [row.text];
  if (row.kind === 'pair') return [row.prompt];
  const last = row.messages.findLastIndex((turn) => turn.role === 'assistant' && turn.train);
  const before = last < 0 ? row.messages : row.messages.slice(0, last);
  return before.filter(({ role }) => !isSystem(role)).map(({ content }) => content);
}

/** Whether a turn tells the model what to do, by either of the names that models have for it. */
export function isSystem(role: string): boolean {
  return role === 'system' || role === 'developer';
}

function wordsOf({ content, tool_calls: calls }: Turn): string {
  return content === '' && calls ? callsAsText(calls) : content;
}

/** The question with rows and their answers before it, as a few examples in a prompt; one system turn leads. */
export function withShots(question: Question, shots: readonly Question[]): Question {
  const system = [question, ...shots].flatMap(({ turns }) => turns.filter(({ role }) => isSystem(role)));
  const rest = (turns: Question['turns']) => turns.filter(({ role }) => !isSystem(role));
  return {
    ...question,
    turns: [
      ...system.slice(0, 1),
      ...shots.flatMap(({ turns, reference }) => [...rest(turns), { role: 'assistant', content: reference }]),
      ...rest(question.turns),
    ],
  };
}
