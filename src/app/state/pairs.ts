import { parseDelimited } from '../../data/files/delimited.ts';
import type { DataChoice } from '../../worker/api/api.ts';

/** Examples that a person writes: what is asked, what is to be answered. */
export interface Pair {
  prompt: string;
  completion: string;
}

/** So few cannot be learned from. */
export const FEWEST = 3;

/** The file that they are open as, and whether these data are such. */
export const WRITTEN = 'my-examples.jsonl';

export function isWritten(choice: DataChoice | null): boolean {
  return choice?.kind === 'text' && choice.name === WRITTEN;
}

/** Those that can be trained on: both sides are written. */
export function wholePairs(pairs: readonly Pair[]): Pair[] {
  return pairs.filter(({ prompt, completion }) => prompt.trim() !== '' && completion.trim() !== '');
}

/** As JSON Lines, which is how they are trained on and saved. */
export function pairsAsJsonLines(pairs: readonly Pair[]): string {
  return wholePairs(pairs)
    .map(
      ({ prompt, completion }) =>
        `${JSON.stringify({ prompt: prompt.trim(), completion: completion.trim() })}\n`,
    )
    .join('');
}

/** Two columns of a spreadsheet, as they are copied from one; null for text that is no table. */
export function pairsOfPaste(text: string): Pair[] | null {
  if (!text.includes('\t')) return null;
  const pairs = parseDelimited(text, '\t')
    .filter(({ fields }) => fields.length >= 2)
    .map(({ fields: [prompt, completion] }) => ({ prompt, completion }));
  return pairs.length > 0 ? pairs : null;
}

/** What a pasted text is as a dataset, by the name of a file that holds it; null where it is just words. */
export function pastedName(text: string): string | null {
  const plain = text.trim();
  if (/^\{[\s\S]*\}$/.test(plain)) return 'Pasted.jsonl';
  if (/^\[\s*[{[\]][\s\S]*\]$/.test(plain)) return 'Pasted.json';
  const [first, second] = parseDelimited(plain.slice(0, 20_000));
  if (!second || first.fields.length < 2 || first.fields.length !== second.fields.length) return null;
  return plain.slice(0, plain.search(/[\r\n]/)).includes('\t') ? 'Pasted.tsv' : 'Pasted.csv';
}
