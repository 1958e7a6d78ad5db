import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { Entry } from '../../../../src/app/history/runs-tab.tsx';
import type { PastRun } from '../../../../src/worker/api/api.ts';

const past = (data: string): PastRun =>
  ({
    ...{ id: data, name: `run of ${data}`, note: '', data, model: 'tiny', ended: '2026-11-01T10:00:00Z' },
    ...{ settings: {}, figure: null, elsewhere: null, adapterBytes: 0 },
    summary: { steps: 3, seconds: 1, loss_last: 1, eval: null },
    curve: { step: [1], loss: [1], heldStep: [], heldLoss: [] },
  }) as unknown as PastRun;

const entry = (data: string, place: number, now = false) =>
  renderToStaticMarkup(
    <Entry run={past(data)} place={place} now={now} over={{ data: 'pirate', model: 'tiny' }} />,
  );

test('the run on the page has no tick, since its curve is there; every other has one', () => {
  expect(entry('pirate', -1, true)).not.toContain('type="checkbox"');
  expect(entry('pirate', -1)).toContain('type="checkbox"');
});

test('a ticked run of other data says how it may be compared', () => {
  const words = 'Other data: compare the shape of its curve, not its height.';
  expect(entry('mail', 0)).toContain(words);
  expect(entry('mail', -1)).not.toContain(words);
  expect(entry('pirate', 0)).not.toContain(words);
});
