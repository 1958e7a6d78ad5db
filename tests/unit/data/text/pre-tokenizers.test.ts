import { describe, expect, test } from 'vitest';
import { openTokenizer } from '../../../../src/data/text/tokenizer.ts';
import { readJson } from '../../read-fixture.ts';

interface Kind {
  preTokenizer: Record<string, unknown>;
  decoder: Record<string, unknown>;
  ids: number[][];
  texts: string[];
}
interface Fixture {
  tokenizerJson: Record<string, unknown>;
  strings: string[];
  kinds: Record<string, Kind>;
}

const { tokenizerJson, strings, kinds } = await readJson<Fixture>(
  new URL('../fixtures/pretokenizers.json.gz', import.meta.url),
);

describe.each(Object.entries(kinds))('%s', async (_, { preTokenizer, decoder, ids, texts }) => {
  const tokenizer = await openTokenizer({
    tokenizerJson: { ...tokenizerJson, pre_tokenizer: preTokenizer, decoder },
    tokenizerConfig: {},
    chatTemplate: null,
  });

  test('gives the ids of Rust', () => {
    // One text at a time, so that a difference names its text.
    strings.forEach((text, i) => {
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids[i]);
    });
  });

  test('gives the texts of Rust', () => {
    expect(ids.map((row) => tokenizer.decode(row))).toEqual(texts);
  });
});

test('runs of spaces are whole tokens where Metaspace does not split, and single ones where it does', () => {
  const at = strings.indexOf('        return x');
  const count = (kind: string) => kinds[kind].ids[at].length;
  expect(count('metaspace first, not split')).toBeLessThan(count('metaspace first'));
});
