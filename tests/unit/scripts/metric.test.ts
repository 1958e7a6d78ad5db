import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../scripts/headless/evaluate.mjs';
import { evaluateFlags } from '../../../scripts/headless/flag-tables.mjs';
import { helpOf, parseFlags } from '../../../scripts/headless/flags.mjs';
import { judgeRun, judging, metricInput, metricLine } from '../../../scripts/headless/metric.mjs';
import { criterionOf } from '../../../src/lab/criterion.ts';
import * as table from '../../../src/run/settings/list.ts';

const ANSWERS = [
  { line: 1, prompt: 'a', reference: 'Oslo', answer: 'It is oslo.' },
  { line: 2, prompt: 'b', reference: 'Rome', answer: 'Paris' },
  { line: 3, prompt: 'c', reference: 'Cairo', answer: 'Cairo' },
  { line: 4, prompt: 'd', reference: 'Lima', answer: 'LIMA' },
];
const IO = { say: () => {}, signal: new AbortController().signal };

function stored(content: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), 'lowrank-answers-')), 'answers.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const METRIC = 'contains(lower(answer), lower(reference))';

describe('answers that were stored are scored without a model', () => {
  test('as evaluate wrote them, or as a list', async () => {
    for (const content of [{ loss: 1, answers: ANSWERS }, ANSWERS]) {
      const { json, text } = await evaluate({ answers: stored(content), metric: METRIC }, IO);
      expect(json).toMatchObject({
        ...{ loss: null, perplexity: null, tokens: null, rows: 4, exact_match: 0.25 },
        metric: { name: METRIC, value: 0.75 },
      });
      const { interval } = (json as { metric: { interval: [number, number] } }).metric;
      expect(interval[0]).toBeLessThan(0.75);
      expect(interval[1]).toBe(1);
      expect(text).toContain(`${METRIC}: 75.0 % (95 % interval `);
    }
    const { json } = await evaluate({ answers: stored(ANSWERS) }, IO);
    expect(json).not.toHaveProperty('metric');
  });

  test.each([
    [{ adapter: 'x' }, ANSWERS, '--adapter: --answers scores what was answered before'],
    [{ generate: true }, ANSWERS, '--generate: --answers scores what was answered before'],
    [{}, 'no json', 'is not JSON. Give what evaluate --generate --json wrote'],
    [{}, { loss: 1 }, 'has no answers'],
    [{}, [], 'has no answers'],
    [{}, [ANSWERS[0], { answer: 'x' }], 'the reference of number 2 in'],
    [{ metric: 'len(answer' }, ANSWERS, '--metric: At character 11 of len(answer: ")" is missing.'],
  ])('%o is refused by name', async (flags, content, sentence) => {
    await expect(evaluate({ answers: stored(content), ...flags }, IO)).rejects.toThrow(sentence);
  });
});

test('model and rows are needed unless answers are given', () => {
  const flags = evaluateFlags(table);
  expect(() => parseFlags(['--metric', 'exact'], flags)).toThrow('--model is missing');
  expect(() => parseFlags(['--model', 'm'], flags)).toThrow('--data is missing');
  expect(parseFlags(['--answers', 'a.json'], flags)).toEqual({ answers: 'a.json' });
  expect(helpOf('evaluate', '', flags)).toMatch(/--data FILE .* Required unless --answers is given\./);
});

test('a metric is read by name or as an expression, and its refusal is that of the flag', () => {
  expect(metricInput({ criterionOf }, undefined)).toBeNull();
  expect(metricInput({ criterionOf }, 'label')).toBe('labels');
  expect(metricInput({ criterionOf }, METRIC)).toEqual({ expression: METRIC });
  expect(() => metricInput({ criterionOf }, 'best')).toThrow('--metric: must be one of label, exact,');
  expect(metricLine({ name: 'labels', value: 0.5, interval: [0.25, 1] })).toBe(
    'labels: 50.0 % (95 % interval 25.0 to 100.0)',
  );
});

describe('the held-out rows of a run', () => {
  const SETTINGS = { evalFraction: 0.5, seed: 3, raw: false };

  /** A page whose adapter in place answers rightly, and what it is asked. */
  async function judge(given: {
    heldOut: 'file' | 'share';
    initAdapter?: string[] | null;
    most?: number;
    rows?: number;
  }) {
    const out = mkdtempSync(join(tmpdir(), 'lowrank-judged-'));
    for (const name of ['adapter_config.json', 'adapter_model.safetensors'])
      writeFileSync(join(out, name), 'x');
    const asked: unknown[] = [];
    let adapter = 'none';
    let chosen = '';
    const lowrank = {
      heldOutRows: async (settings: unknown) => {
        asked.push(settings);
        return [4, 2];
      },
      setAdapter: async () => {
        adapter = chosen;
      },
      async score(request: { strength: number }) {
        asked.push(request);
        const right = request.strength === 1 && adapter === 'out';
        return {
          answers: ANSWERS.slice(0, given.rows ?? 4).map((one) => ({
            ...one,
            answer: right ? one.reference : one.answer,
          })),
        };
      },
    };
    const headless = {
      page: {
        async setInputFiles(_: string, files: string[]) {
          chosen = files[0].startsWith(out) ? 'out' : files[0];
        },
      },
      bridge: {
        evaluate: (work: (on: typeof lowrank, given: unknown) => unknown, value: unknown) =>
          work(lowrank, value),
      },
    };
    const metric = await judgeRun(headless as never, {
      ...{ lab: await judging(), criterion: 'answers' as const, settings: SETTINGS, out, initAdapter: null },
      ...given,
    });
    return { metric, asked };
  }

  test('are answered by the adapter of the run and by the base', async () => {
    const { metric, asked } = await judge({ heldOut: 'file', most: 4 });
    expect(metric).toEqual({ name: 'answers', before: 0.25, after: 1, interval: [1, 1], rows: 4 });
    const request = { raw: false, shots: 0, rows: undefined, most: 4 };
    expect(asked).toEqual([
      { ...request, strength: 1 },
      { ...request, strength: 0 },
    ]);
  });

  test('of a share are those that the run held out, and it may have begun with an adapter', async () => {
    const { metric, asked } = await judge({ heldOut: 'share', initAdapter: ['earlier'] });
    expect(metric).toMatchObject({ before: 0.25, after: 1 });
    const request = { raw: false, shots: 0, rows: [4, 2], most: undefined, strength: 1 };
    expect(asked).toEqual([{ evalFraction: 0.5, seed: 3 }, request, request]);
  });

  test('that ask nothing cannot be judged', async () => {
    await expect(judge({ heldOut: 'file', rows: 0 })).rejects.toThrow(
      '--metric: no held-out row has a question and an answer. The adapter is in --out and safe.',
    );
  });
});
