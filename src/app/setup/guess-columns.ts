import type { Mapping } from '../../data/forms/row.ts';

/** Names that columns of questions and answers usually have, the likeliest first. */
const PROMPTS = [
  'prompt',
  'question',
  'instruction',
  'input',
  'user',
  'source',
  'query',
  'title',
  'review',
  'sentence',
  'text',
];
const COMPLETIONS = [
  'completion',
  'answer',
  'response',
  'output',
  'assistant',
  'target',
  'reply',
  'label',
  'summary',
  'category',
];
const SYSTEMS = ['system', 'system_prompt', 'context'];

/** What is asked and what is answered, by the columns' names; else the first two, or the one that there is. */
export function guessColumns(columns: readonly string[]): Mapping | null {
  const find = (names: readonly string[], not?: string) => {
    for (const name of names) {
      const found = columns.find((column) => plain(column) === name && column !== not);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  if (columns.length === 0) return null;
  if (columns.length === 1) return { text: columns[0] };
  const completion = find(COMPLETIONS);
  const prompt = find(PROMPTS, completion) ?? columns.find((column) => column !== completion);
  if (prompt === undefined) return { text: columns[0] };
  const answer = completion ?? columns.find((column) => column !== prompt) ?? prompt;
  const system = find(SYSTEMS);
  return { prompt, completion: answer, ...(system && system !== prompt ? { system } : {}) };
}

function plain(column: string): string {
  return column
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}
