import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorText, isRight } from '../../../../src/app/check/verdict.ts';

const right = {
  device: 'webgpu' as const,
  name: 'GPU',
  ours: [1],
  theirs: [1],
  lossError: 1e-6,
  gradientError: 1e-5,
  logitError: 1e-6,
  kernels: [{ op: 'linear-forward', name: 'tiled', error: 1e-6 }],
  seconds: 1,
};

it('a device whose numbers are off, or are no numbers, is told', () => {
  expect(isRight(right)).toBe(true);
  expect(isRight({ ...right, kernels: [] })).toBe(true);
  expect(isRight({ ...right, lossError: 0.01 })).toBe(false);
  expect(isRight({ ...right, gradientError: Number.NaN })).toBe(false);
  expect(isRight({ ...right, logitError: 0.01 })).toBe(false);
  expect(isRight({ ...right, kernels: [{ ...right.kernels[0], error: Number.NaN }] })).toBe(false);
  expect([0, 3.14e-7, 1.2e-5, Number.NaN].map(errorText)).toEqual(['0', '3.1e-7', '1.2e-5', 'not a number']);
});

it('the page replays what the tests replay', () => {
  for (const file of ['config.json', 'run.json', 'model.safetensors', 'expected.safetensors']) {
    const [page, tests] = ['public/check', 'tests/unit/model/fixtures/llama3'].map((folder) =>
      readFileSync(new URL(`../../../../${folder}/${file}`, import.meta.url)),
    );
    expect(page.equals(tests), file).toBe(true);
  }
});
