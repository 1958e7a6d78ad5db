import { plainName, unpacked } from './cells.ts';
import type { JsonObject } from './form.ts';

/** Names that columns usually have, the likeliest first, as `plainName` writes them. */

/** What is asked, and what is answered. */
export const QUESTIONS = [
  ...['prompt', 'question', 'instruction', 'query', 'user', 'human', 'problem', 'inputs', 'input', 'source'],
  ...['text_input', 'input_text', 'inputtext', 'message'],
];
export const ANSWERS = [
  ...['completion', 'answer', 'response', 'output', 'assistant', 'reply', 'solution', 'targets', 'target'],
  ...['text_output', 'output_text', 'outputtext', 'canonical_solution'],
];
/** What a question is about, where it stands beside it. */
export const CONTEXTS = ['context', 'input', 'passage'];
/** What was said before a question. */
export const HISTORIES = ['history', 'chat_history', 'conversation_history', 'previous_turns'];

/** A text, and what is said about it. */
export const TEXTS = [
  ...['text', 'sentence', 'review', 'document', 'article', 'comment', 'tweet', 'message', 'content', 'title'],
  ...['dialogue', 'dialog', 'conversation', 'transcript'],
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
    'code',
    'sql',
  ],
];
/** Two texts of which something is said together, as in GLUE. */
export const TEXT_PAIRS = [
  ['premise', 'hypothesis'],
  ['sentence1', 'sentence2'],
  ['question1', 'question2'],
  ['text1', 'text2'],
] as const;
/** Said about a text as well, but seldom what is to be learned: only a person chooses these. */
export const REMARKS = ['category', 'topic'];

export const SYSTEMS = ['system', 'system_prompt', 'context'];

/** Words in the names of columns that are asked or answered, also in other languages: a person confirms what they say. */
export const QUESTION_WORDS: ReadonlySet<string> = new Set([
  ...QUESTIONS,
  ...['ask', 'asked', 'asks', 'message', 'customer', 'cust', 'client', 'wrote', 'request', 'issue'],
  ...[
    'frage',
    'eingabe',
    'anfrage',
    'pregunta',
    'entrada',
    'pergunta',
    'domanda',
    'vraag',
    'fråga',
    'pytanie',
  ],
  ...['entrée', 'otázka', 'soru', 'вопрос', '问题', '問題', '指令', '输入', '質問', '질문', 'سؤال', 'प्रश्न'],
]);
export const ANSWER_WORDS: ReadonlySet<string> = new Set([
  ...ANSWERS,
  ...['answered', 'responded', 'replied', 'resolution', 'agent', 'support', 'sent'],
  ...['antwort', 'ausgabe', 'respuesta', 'salida', 'resposta', 'saída', 'risposta', 'réponse', 'reponse'],
  ...['sortie', 'antwoord', 'svar', 'odpowiedź', 'odpověď', 'cevap', 'ответ', '答案', '回答', '输出', '답변'],
  ...['جواب', 'إجابة', 'उत्तर'],
]);

/** The words of a column's name or path, in lower case: `Cust. wrote`, `userMessage`, `answers.text.0`. */
export function wordsOf(column: string): string[] {
  return column
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{M}]+/u)
    .filter((word) => word !== '');
}

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
    } else if (depth < DEEPEST && paths.size < MOST_PATHS) {
      const entries = Object.entries(value).slice(0, Array.isArray(value) ? 1 : undefined);
      for (const [key, inner] of entries)
        walk(inner, path === '' ? key : `${path}.${key}`, path === '' ? 0 : depth + 1);
    }
  };
  for (const row of rows) walk(row, '', 0);
  return [...paths];
}

const MOST_PATHS = 32;
const DEEPEST = 6;
