import { expect, test } from 'vitest';
import { smolLM2 } from '../../../../src/bench/random-model.ts';
import { headChunkRows } from '../../../../src/model/sublayers/head.ts';

const { config } = smolLM2();
const llama1B = { ...config, hidden: 2048, vocab: 128_256 };

const flopsOf = (one: typeof config, rows: number) => 2 * rows * one.hidden * one.vocab;

/** Rows of the chunks that `tokens` rows are cut into. */
function chunksOf(tokens: number, chunk: number): number[] {
  return Array.from({ length: Math.ceil(tokens / chunk) }, (_, i) => Math.min(chunk, tokens - i * chunk));
}

test('all chunks of the head are alike', () => {
  // 341 rows of logits fit 64 MB: 320, 320, 320 and 64 would be ragged.
  expect(chunksOf(1024, headChunkRows(config, 1024, 'ample', true))).toEqual([256, 256, 256, 256]);
  for (const tokens of [128, 200, 512, 1000, 1024, 2048, 3000])
    for (const memory of ['ample', 'short'] as const)
      for (const software of [true, false]) {
        const chunk = headChunkRows(config, tokens, memory, software);
        const chunks = chunksOf(tokens, chunk);
        const even = tokens / chunks.length;
        expect(chunk - even, `${tokens} ${memory} ${software}`).toBeLessThan(64);
        expect(4 * chunk * config.vocab).toBeLessThanOrEqual((memory === 'ample' ? 64 : 20) << 20);
      }
});

test.each([1, 7, 63, 64, 100])('%i tokens are one chunk of as many rows', (tokens) => {
  expect(headChunkRows(config, tokens, 'ample', false)).toBe(tokens);
});

test('on hardware a product of the head is not more than a slow card does in half a second', () => {
  const rows = headChunkRows(config, 1024, 'ample', false);
  expect(rows).toBe(256);
  expect(flopsOf(config, rows)).toBeLessThanOrEqual(2e10);
  // Nor less than a tile of rows, however large the model is.
  expect(headChunkRows(llama1B, 1024, 'ample', false)).toBe(64);
  expect(headChunkRows(llama1B, 1024, 'ample', true)).toBe(128);
});
