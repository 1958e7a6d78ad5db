import { describe, expect, test } from 'vitest';
import { fitOf, RECOMMENDED } from '../../../../src/app/setup/recommended.ts';
import { parseHubName } from '../../../../src/app/shared/hub-name.ts';
import { type Pace, paced, speedOf } from '../../../../src/app/shared/speed.ts';

describe('a model on the hub', () => {
  test.each([
    ['Qwen/Qwen3-0.6B', 'Qwen/Qwen3-0.6B', null],
    ['  google/gemma-3-270m-it ', 'google/gemma-3-270m-it', null],
    ['https://huggingface.co/Qwen/Qwen3-0.6B', 'Qwen/Qwen3-0.6B', null],
    ['huggingface.co/Qwen/Qwen3-0.6B/?library=transformers', 'Qwen/Qwen3-0.6B', null],
    ['https://hf.co/Qwen/Qwen3-0.6B/tree/main', 'Qwen/Qwen3-0.6B', null],
    ['https://huggingface.co/a/b/blob/refs%2Fpr%2F1/config.json', 'a/b', 'refs/pr/1'],
    ['https://huggingface.co/a/b/resolve/v1.0/model.safetensors', 'a/b', 'v1.0'],
  ])('%s', (text, id, revision) => {
    expect(parseHubName(text)).toEqual({ id, revision });
  });

  test.each([
    'gpt2',
    'a/b/c',
    'two words/here',
    '../secret',
    'a/..',
    'https://example.com/a/b',
    'https://huggingface.co/datasets/a',
    'https://huggingface.co/docs/peft',
    '',
  ])('“%s” is none', (text) => {
    expect(parseHubName(text)).toBeNull();
  });

  test('every recommended model has a name that can be opened', () => {
    for (const { id } of RECOMMENDED) expect(parseHubName(id)?.id).toBe(id);
  });
});

test('what fits is told by hardware', () => {
  const gpu = { device: 'webgpu', maxBufferBytes: 2e9 } as const;
  expect(fitOf(135e6, gpu).text).toBe('fits');
  expect(fitOf(1.2e9, gpu).text).toBe('fits in 4 bits');
  expect(fitOf(8e9, gpu).text).toBe('may not fit');
  const cpu = { device: 'wasm', maxBufferBytes: null } as const;
  expect(fitOf(135e6, cpu)).toEqual({ fits: true, text: 'slow without a GPU' });
  expect(fitOf(2e9, cpu).text).toBe('fits in 4 bits, slow without a GPU');
  expect(fitOf(8e9, cpu).fits).toBe(false);
});

test('speed is taken over the last seconds, of one file at a time', () => {
  let pace: Pace | null = null;
  for (let second = 0; second <= 20; second++)
    pace = paced(pace, 'a', second < 10 ? 100 * second : 1000 + 10 * (second - 10), second);
  expect(speedOf(pace!)).toBeCloseTo(10);
  pace = paced(pace, 'b', 5, 21);
  expect(speedOf(pace)).toBeNull();
});
