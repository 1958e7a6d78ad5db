import { expect, test } from 'vitest';
import { tokenizersDiffer } from '../../../../src/data/text/same-tokenizer.ts';
import type { TokenizerFiles } from '../../../../src/weights/source.ts';
import { TINY_FILES } from './tiny-tokenizer.ts';

/** Whether a teacher's probabilities are of the same tokens. */

const files: TokenizerFiles = TINY_FILES;
const copy = (): TokenizerFiles => structuredClone(files);
const modelOf = ({ tokenizerJson }: TokenizerFiles) =>
  tokenizerJson.model as { vocab: Record<string, number>; merges: unknown[] };

test('a copy is the same, with another chat template and another end too', async () => {
  const other = copy();
  other.chatTemplate = 'another';
  other.tokenizerJson.post_processor = null;
  expect(await tokenizersDiffer(files, other)).toBeNull();
});

test('a token under another id, one more and one less are told of', async () => {
  const swapped = copy();
  const { vocab } = modelOf(swapped);
  const [[a, x], [b, y]] = Object.entries(vocab).slice(20, 22);
  [vocab[a], vocab[b]] = [y, x];
  expect(await tokenizersDiffer(files, swapped)).toBe(`token ${x} is “${b}”, and here “${a}”`);
  const more = copy();
  const last = 1 + Math.max(...Object.values(modelOf(more).vocab)) + 1000;
  modelOf(more).vocab.another = last;
  expect(await tokenizersDiffer(files, more)).toBe(`token ${last} is “another”, and here not there`);
  expect(await tokenizersDiffer(more, files)).toBe(`token ${last} is not there, and here “another”`);
});

test('the same tokens, cut in another way, are another tokenizer', async () => {
  const merged = copy();
  modelOf(merged).merges = modelOf(merged).merges.slice(0, 20);
  expect(await tokenizersDiffer(files, merged)).toMatch(/^it cuts “The quick brown fox .*” differently$/);
  const lower = copy();
  lower.tokenizerJson.normalizer = { type: 'Lowercase' };
  expect(await tokenizersDiffer(files, lower)).toMatch(/^it cuts “.*” differently$/s);
});
