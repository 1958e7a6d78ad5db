/** The name of a form in `list.ts`; `mapped` where the person chose the columns. */
export type DataFormat = string;

/** The columns that the person chose; a dot goes into a nested one (`answers.text.0`). */
export type Mapping = { prompt: string; completion: string; system?: string } | { text: string };

/** A call of a tool as templates have it; `arguments` is an object, or a text where it is no JSON object. */
export interface ToolCall {
  type: 'function';
  id?: string;
  function: { name: string; arguments: unknown };
}

/** A tool that a conversation may call, as templates have it. */
export interface Tool {
  type: 'function';
  function: { name: string } & Record<string, unknown>;
}

/** A turn under the names that chat templates use; all but `train` and `weight` is handed to the template. */
export interface Turn {
  role: string;
  /** Empty where the turn is a call and nothing else. */
  content: string;
  name?: string;
  reasoning_content?: string;
  tool_calls?: ToolCall[];
  tool_call_id?: string;
  /** Loss is taken on this turn. */
  train: boolean;
  /** Between 0 and 1: what the loss of its tokens counts; 1 where there is none. */
  weight?: number;
}

export interface Conversation {
  kind: 'messages';
  messages: Turn[];
  tools?: Tool[];
}

/** What supervised training takes. */
export type Row =
  | Conversation
  | { kind: 'pair'; prompt: string; completion: string }
  | { kind: 'text'; text: string };

/** Two answers to the same, each as a row of its own. */
export interface Pair {
  kind: 'preference';
  chosen: Row;
  rejected: Row;
}

/** An answer, and whether it is a good one. */
export interface Verdict {
  kind: 'verdict';
  row: Exclude<Row, { kind: 'text' }>;
  good: boolean;
}

/** What the row of a file says: something to learn, a pair of answers, or an answer with a verdict on it. */
export type Example = Row | Pair | Verdict;

/** What an objective learns from: answers as they stand, the better of two, or answers that are judged. */
export type RowKind = 'answers' | 'pairs' | 'verdicts';

/** The rows that it is made of, one for each answer. */
export function rowsWithin(example: Example): Row[] {
  if (example.kind === 'preference') return [example.chosen, example.rejected];
  return [example.kind === 'verdict' ? example.row : example];
}
