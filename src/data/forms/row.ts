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

/** What the row of a file says: something to learn, a pair of answers, or an answer with a verdict on it. */
export type Example =
  | Row
  | { kind: 'preference'; context: Turn[]; chosen: Turn[]; rejected: Turn[]; tools?: Tool[] }
  | { kind: 'verdict'; row: Row; good: boolean };
