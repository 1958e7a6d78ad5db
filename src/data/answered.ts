import { encodeRow } from './encode.ts';
import type { Question } from './forms/questions.ts';
import { knownIds } from './text/known-tokens.ts';
import type { RowTokenizer } from './text/tokenizer.ts';

/** A question with its reference, as ids of a whole row; the reference and what ends it lie in [begin, end). */
export interface AnsweredRow {
  ids: number[];
  begin: number;
  end: number;
}

/**
 * A question with whatever stands before it, and its reference, tokenised as a row is trained: of the answers in it only the
 * last is predicted.
 *
 * @throws UserError `unknown-token`; Error with a sentence where the template refuses the conversation
 */
export function answeredRow(
  { turns, tools, reference }: Question,
  tokenizer: RowTokenizer,
  raw: boolean,
): AnsweredRow {
  const before = turns.map((turn) => ({ ...turn, train: false }));
  const answer = { role: 'assistant', content: reference, train: true };
  const { ids, targets } =
    raw || !tokenizer.hasTemplate
      ? encodeRow(
          { kind: 'pair', prompt: turns.map(({ content }) => content).join('\n'), completion: reference },
          tokenizer,
          true,
        )
      : encodeRow({ kind: 'messages', messages: [...before, answer], tools }, tokenizer, false);
  const { begin, end } = targets.at(-1) ?? { begin: ids.length, end: ids.length };
  return { ids: knownIds(ids, tokenizer), begin, end };
}
