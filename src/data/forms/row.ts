/** How the rows of a file are written; `mapped` where the person chose the columns. */
export type DataFormat = 'chat' | 'prompt-completion' | 'text' | 'alpaca' | 'sharegpt' | 'mapped';

/** The columns that the person chose. */
export type Mapping = { prompt: string; completion: string; system?: string } | { text: string };

export interface Turn {
  role: string;
  content: string;
  /** Handed to the template where the row has one. */
  name?: string;
  /** Loss is taken on this turn. */
  train: boolean;
}

export type Row =
  | { kind: 'messages'; messages: Turn[] }
  | { kind: 'pair'; prompt: string; completion: string }
  | { kind: 'text'; text: string };
