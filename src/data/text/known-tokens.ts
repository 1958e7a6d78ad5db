import { UserError } from '../../errors.ts';
import type { RowTokenizer } from './tokenizer.ts';

/**
 * Tokens that the tokenizer has and the model has not: more were added than the embedding has rows for. To read behind
 * the embedding's end would give anything at all.
 */

/** A sentence about the first id that the model does not know; null where it knows all. */
export function unknownToken(ids: readonly number[], tokenizer: RowTokenizer): string | null {
  const { modelVocab } = tokenizer;
  const id = ids.find((id) => id >= modelVocab);
  if (id === undefined) return null;
  return `The token ${tokenizer.tokenText([id])} (id ${id}) is not in the model's vocabulary of ${modelVocab}.`;
}

/**
 * The ids of something that is asked, as they are.
 *
 * @throws UserError `unknown-token`
 */
export function knownIds(ids: number[], tokenizer: RowTokenizer): number[] {
  const unknown = unknownToken(ids, tokenizer);
  if (unknown === null) return ids;
  throw new UserError(
    'unknown-token',
    `${unknown} Nothing was changed. Ask without it, or open a model that has it.`,
  );
}
