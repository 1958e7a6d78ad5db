import { expect, test } from 'vitest';
import { traceLine } from '../../../scripts/headless/trace.mjs';
import { OBJECTIVES } from '../../../src/objectives/list.ts';
import type { StepEvent } from '../../../src/run/events.ts';
import { defaultSettings } from '../../../src/run/settings/list.ts';
import { traceOf } from '../../../src/run/trace.ts';
import { exampleOf } from '../objectives/made-up.ts';

const LAYOUT = { packing: false, maxLength: 32 };
const pair = { ...exampleOf(0, 6, 2), rejected: exampleOf(0, 7, 3, 20) };

test('a pair is two rows, the better answer and then the worse', () => {
  const micro = [OBJECTIVES.dpo(defaultSettings()).microBatch([pair, pair], LAYOUT)];
  const { inputIds, labels } = traceOf(micro);
  expect(inputIds).toHaveLength(4);
  expect(inputIds!.slice(0, 2)).toEqual([[...pair.ids], [...pair.rejected.ids]]);
  expect(labels!.slice(0, 2)).toEqual([[...pair.labels], [...pair.rejected.labels]]);
  expect(traceOf(micro)).not.toHaveProperty('good');
});

test('labels are those of the answers where the cross-entropy is taken on whole rows', () => {
  const orpo = OBJECTIVES.orpo(defaultSettings({ nllTokens: 'row' }));
  const micro = [orpo.microBatch([pair], LAYOUT)];
  expect([...micro[0].batch.labels.subarray(0, 6)]).toEqual([-100, ...pair.ids.subarray(1)]);
  expect(traceOf(micro).labels![0]).toEqual([...pair.labels]);
});

test('judged answers have their verdicts, and a line of the file has them and the figures', () => {
  const examples = [exampleOf(0, 6, 2), exampleOf(1, 5, 2)].map((example, i) => ({
    ...example,
    good: i === 1,
  }));
  const kto = OBJECTIVES.kto(defaultSettings());
  const { good } = traceOf([kto.microBatch(examples, LAYOUT), kto.microBatch(examples, LAYOUT)]);
  expect(good).toEqual([false, true, false, true]);
  const figures = { margin: 0.5, rewards_rejected: Number.NaN };
  const line = traceLine({ step: 1, figures, good } as unknown as StepEvent);
  expect(JSON.parse(JSON.stringify(line))).toMatchObject({
    good,
    metrics: { margin: 0.5, rewards_rejected: null },
  });
  expect(traceLine({ step: 1, figures: {} } as unknown as StepEvent)).not.toHaveProperty('metrics');
});
