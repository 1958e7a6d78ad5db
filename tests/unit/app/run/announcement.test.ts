import { expect, test } from 'vitest';
import { announcementOf } from '../../../../src/app/run/announcement.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';

const run = {
  ...EMPTY_RUN,
  state: 'training' as const,
  step: 24,
  steps: 60,
  secondsLeft: 70,
  series: { ...EMPTY_RUN.series, smooth: [4, 1.2841] },
  held: { step: [0], loss: [1.4], rows: 20 },
};

test('a run in one sentence', () => {
  expect(announcementOf(run)).toBe(
    'Training, step 24 of 60, loss 1.284, held-out loss 1.400, 1 min 10 s left.',
  );
  expect(announcementOf({ ...run, state: 'paused' })).toBe(
    'Paused, step 24 of 60, loss 1.284, held-out loss 1.400.',
  );
});

test('a failure says why, and no run says nothing', () => {
  expect(
    announcementOf({ ...run, state: 'failed', error: { code: 'out-of-memory', text: 'No memory.' } }),
  ).toBe('Failed. No memory.');
  expect(announcementOf(EMPTY_RUN)).toBe('');
});
