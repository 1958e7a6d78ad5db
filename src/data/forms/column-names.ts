import { plainName, unpacked } from './cells.ts';
import type { JsonObject } from './form.ts';
import type { Mapping } from './row.ts';

/** Names that columns usually have, the likeliest first, as `plainName` writes them. */

/** What is asked, and what is answered. */
export const QUESTIONS = [
  ...['prompt', 'question', 'instruction', 'query', 'user', 'human', 'problem', 'inputs', 'input', 'source'],
];
export const ANSWERS = [
  ...['completion', 'answer', 'response', 'output', 'assistant', 'reply', 'solution', 'targets', 'target'],
];
/** What a question is about, where it stands beside it. */
export const CONTEXTS = ['context', 'input', 'passage'];

/** A text, and what is said about it. */
export const TEXTS = [
  ...['text', 'sentence', 'review', 'document', 'article', 'comment', 'tweet', 'message', 'content', 'title'],
];
export const LABELS = [
  ...[
    'label_text',
    'label_name',
    'label',
    'class',
    'sentiment',
    'intent',
    'emotion',
    'summary',
    'highlights',
  ],
];
/** Said about a text as well, but seldom what is to be learned: only a person chooses these. */
const REMARKS = ['category', 'topic'];

const SYSTEMS = ['system', 'system_prompt', 'context'];

/** The first of these names that a column has. */
export function findColumn(
  columns: readonly string[],
  names: readonly string[],
  not?: string,
): string | undefined {
  for (const name of names) {
    const found = columns.find((column) => plainName(column) === name && column !== not);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Paths to the texts inside the columns that are objects or lists (`answers.text.0`), a few levels deep. */
export function pathsIn(rows: readonly JsonObject[]): string[] {
  const paths = new Set<string>();
  const walk = (given: unknown, path: string, depth: number): void => {
    const value = unpacked(given);
    if (typeof value !== 'object' || value === null) {
      if (depth > 0 && paths.size < MOST_PATHS) paths.add(path);
    } else if (depth < DEEPEST) {
      const entries = Object.entries(value).slice(0, Array.isArray(value) ? 1 : undefined);
      for (const [key, inner] of entries)
        walk(inner, path === '' ? key : `${path}.${key}`, path === '' ? 0 : depth + 1);
    }
  };
  for (const row of rows) walk(row, '', 0);
  return [...paths];
}

const MOST_PATHS = 32;
const DEEPEST = 3;

/** What is asked and what is answered, by the columns' names; else the first two, or the one that there is. */
export function guessColumns(columns: readonly string[]): Mapping | null {
  if (columns.length === 0) return null;
  if (columns.length === 1) return { text: columns[0] };
  const completion = findColumn(columns, [...ANSWERS, ...LABELS, ...REMARKS]);
  const prompt =
    findColumn(columns, [...QUESTIONS, ...TEXTS], completion) ??
    columns.find((column) => column !== completion);
  if (prompt === undefined) return { text: columns[0] };
  const answer = completion ?? columns.find((column) => column !== prompt) ?? prompt;
  const system = findColumn(columns, SYSTEMS);
  return { prompt, completion: answer, ...(system && system !== prompt ? { system } : {}) };
}
