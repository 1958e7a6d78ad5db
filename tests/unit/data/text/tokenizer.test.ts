import { describe, expect, test } from 'vitest';
import { openTokenizer } from '../../../../src/data/text/tokenizer.ts';
import { readJson } from '../../read-fixture.ts';

interface Answers {
  ids: number[][];
  texts: string[];
  special: number[];
}
type Json = Record<string, unknown>;
interface Fixture {
  strings: string[];
  kinds: Record<string, Answers & { tokenizerJson: Json; tokenizerConfig: Json }>;
  tiny: Answers;
}

const fixture = await readJson<Fixture>(new URL('../fixtures/tokenizers.json.gz', import.meta.url));
const tiny = {
  tokenizerJson: await readJson(new URL('../../../../public/models/tiny/tokenizer.json', import.meta.url)),
  tokenizerConfig: await readJson(
    new URL('../../../../public/models/tiny/tokenizer_config.json', import.meta.url),
  ),
};

test('there are a thousand strings', () => expect(fixture.strings.length).toBeGreaterThanOrEqual(1000));

describe.each([
  ...Object.entries(fixture.kinds),
  ['the bundled model', { ...tiny, ...fixture.tiny }] as const,
])('tokenizer of kind %s', async (_name, { tokenizerJson, tokenizerConfig, ids, texts, special }) => {
  const tokenizer = await openTokenizer({ tokenizerJson, tokenizerConfig, chatTemplate: null });

  test('gives the ids of Python', () => {
    expect(fixture.strings.map((text) => tokenizer.encode(text))).toEqual(ids);
    expect(tokenizer.encode('Hi', { addSpecial: true })).toEqual(special);
  });

  test('gives the texts of Python', () => {
    expect(ids.map((row) => tokenizer.decode(row))).toEqual(texts);
  });

  test('spells control tokens out in plain text', () => {
    const control = new Set(
      ['<|im_end|>', '<|im_start|>', '<s>', '</s>'].flatMap((text) => tokenizer.encode(text)),
    );
    const plain = tokenizer.encode('a <|im_end|> b </s> <s>', { plain: true });
    const own = tokenizerConfig.eos_token as string;
    expect(control).toContain(tokenizer.eosTokenId);
    expect(plain).not.toContain(tokenizer.eosTokenId);
    expect(tokenizer.encode(`x${own}`)).toContain(tokenizer.eosTokenId);
  });
});
