import { readFileSync } from 'node:fs';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { MethodPicture } from '../../../../src/app/drawing/method-picture.tsx';
import { ObjectivePicture } from '../../../../src/app/drawing/objective-picture.tsx';
import { methodCost, objectiveCost } from '../../../../src/app/setup/cost.tsx';
import { STEP_TIME } from '../../../../src/app/setup/step-time.ts';
import { bytesOf, memoryParts } from '../../../../src/app/state/memory.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { METHOD_NAMES } from '../../../../src/methods/names.ts';
import { OBJECTIVE_NAMES } from '../../../../src/objectives/names.ts';
import type { Estimate } from '../../../../src/worker/api/api.ts';

const memory = (activation: number) => ({ base: 40e6, adapter: 1e6, optimizer: 2e6, activation });
const estimate: Estimate = {
  ...{ steps: 3, seconds: null, memory: memory(27e6), trainableParameters: 1200 },
  beside: {
    lora: { memory: memory(17e6), trainableParameters: 460_800 },
    supervised: { memory: memory(7e6), trainableParameters: 1200 },
  },
};
const method = (name: (typeof METHOD_NAMES)[number]['value']) => ({ method: name, virtualTokens: 20 });

test('every method and objective has a picture of its own, in colours of the theme, with words', () => {
  const all = [
    ...METHOD_NAMES.map(({ value }) => renderToStaticMarkup(<MethodPicture method={value} />)),
    ...OBJECTIVE_NAMES.map(({ value }) => renderToStaticMarkup(<ObjectivePicture objective={value} />)),
  ];
  expect(new Set(all).size).toBe(METHOD_NAMES.length + OBJECTIVE_NAMES.length);
  for (const svg of all) {
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-label="[A-Z][^"]{20,}"/);
    expect([...svg.matchAll(/(?:fill|stroke)="(?!none|var\(--[a-z0-9-]+\))[^"]*"/g)]).toEqual([]);
    // What is trained is the accent.
    expect(svg).toContain('var(--accent)');
  }
});

test('a method is compared with LoRA: memory and count as planned, longer rows as counted', () => {
  expect(methodCost(method('dora'), estimate, 100)).toEqual([
    'A step takes 1.07 to 1.12\u00a0times LoRA’s',
    '70 MB of memory, 10 MB more than LoRA',
    '1,200 trained, LoRA 460,800',
  ]);
  expect(methodCost(method('prompt'), estimate, 80)[0]).toBe(
    'Rows of 25 % more tokens: 20 beside 80 on average',
  );
  expect(methodCost(method('ia3'), estimate, 80)).toHaveLength(2);
  expect(methodCost(method('lora'), estimate, 80)).toEqual(['70 MB of memory', '1,200 trained']);
  // Nothing is open yet.
  expect(methodCost(method('prefix'), null, null)).toEqual([]);
});

test('an objective is compared with supervised training', () => {
  expect(objectiveCost('dpo', estimate)).toEqual([
    'A pass without gradient before each step, and one of the reference when a row is first met',
    '70 MB of memory, 20 MB more than supervised',
  ]);
  const same = { ...estimate, beside: { lora: null, supervised: estimate } };
  expect(objectiveCost('bake', same)[1]).toBe('70 MB of memory, as much as supervised');
});

test('times of a step are those that docs/methods.md says were measured', () => {
  const page = readFileSync(new URL('../../../../docs/methods.md', import.meta.url), 'utf8');
  const [short, long] = STEP_TIME.dora!;
  expect(page).toContain(`${short} times the time of a step at 128 tokens, ${long} at 512`);
  expect(Object.keys(STEP_TIME)).toEqual(['dora']);
});

test('of a teacher that reads first and the training after it, the larger is the memory', () => {
  const of = (teacher: number) =>
    memoryParts({
      estimate: { ...estimate, teacherBytes: 5, teacherMemory: { ...memory(0), base: teacher } },
      run: EMPTY_RUN,
      hardware: null,
    });
  expect(of(10e6)).toMatchObject({ of: 'training', total: 70e6, other: 13e6, base: 40e6, teacher: 5 });
  expect(of(400e6)).toMatchObject({ of: 'teacher', total: 403e6, other: 70e6, base: 400e6 });
  expect(memoryParts({ estimate, run: EMPTY_RUN, hardware: null })).toMatchObject({
    ...{ of: 'training', other: null, total: bytesOf(estimate.memory) },
  });
});
