import { describe, expect, it } from 'vitest';
import { otherLosses } from '../../../../src/app/drawing/overlays.ts';
import { readResult, resultText } from '../../../../src/app/outcome/result-file.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import type { PastRun } from '../../../../src/worker/api/api.ts';

const SHA = 'ab'.repeat(32);
const run = {
  ...{
    id: 'one',
    name: 'Secret plans',
    note: 'a private note',
    ended: '2026-01-02T03:04:05Z',
    model: 'Tiny',
  },
  ...{ data: 'secret-plans.csv', dataSha256: SHA, adapterBytes: 9 },
  settings: { ...PAGE_DEFAULTS, rank: 4, promptText: 'a private text' },
  summary: {
    steps: 3,
    eval: { loss_before: 5, loss_after: 2, rows: 7 },
    rows: { bad: [{ line: 1, reason: 'private' }] },
  },
  curve: { step: [1, 2, 3], loss: [3, Number.NaN, 1], heldStep: [0, 3], heldLoss: [5, 2] },
  figure: { what: 'Labels right', before: 0.1, after: 0.9 },
  elsewhere: null,
} as unknown as PastRun;

const read = (change: (file: Record<string, unknown>) => void = () => {}) => {
  const file = JSON.parse(resultText(run, ' Ann '));
  change(file);
  return readResult(JSON.stringify(file));
};

describe('a result as a file', () => {
  it('comes back with curve, figures and settings', () => {
    expect(read()).toMatchObject({
      ...{ id: 'other one', name: 'Ann', model: 'Tiny', data: 'data abababab', dataSha256: SHA, steps: 3 },
      heldOut: { before: 5, after: 2 },
      figure: { what: 'Labels right', before: 0.1, after: 0.9 },
      elsewhere: null,
      curve: { step: [1, 3], loss: [3, 1], heldStep: [0, 3], heldLoss: [5, 2] },
    });
    expect((read() as { settings: object }).settings).toMatchObject({ rank: 4 });
  });

  it('has nothing of the person’s but a name that was typed', () => {
    expect(resultText(run, '')).not.toMatch(/secret|private/i);
    expect(JSON.parse(resultText({ ...run, data: 'Sample: talk' }, '')).data.name).toBe('Sample: talk');
    expect(read((file) => (file.by = ''))).toMatchObject({ name: 'No name' });
    expect(resultText(run, '').length).toBeLessThan(4000);
  });

  it('is refused in words where it is none', () => {
    expect(readResult('{')).toBe('It is damaged.');
    expect(readResult('[]')).toBe('It is no result of a run.');
    expect(read((file) => (file.version = 2))).toMatch(/newer version/);
    expect(read((file) => delete file.curve)).toMatch(/missing/);
    for (const curve of [
      { step: [1, 1], loss: [1, 2], heldStep: [], heldLoss: [] },
      { step: [1], loss: [1, 2], heldStep: [], heldLoss: [] },
      { step: [], loss: [], heldStep: [], heldLoss: [] },
      { step: ['<b>'], loss: [1], heldStep: [], heldLoss: [] },
      { step: [1], loss: [1], heldStep: [1], heldLoss: null },
    ])
      expect(read((file) => (file.curve = curve))).toBe('Its curve cannot be read.');
  });

  it('takes no more of a stranger’s file than it should', () => {
    const odd = read((file) => {
      Object.assign(file, {
        by: `${'x'.repeat(500)}\n`,
        steps: '9',
        figure: { what: 3 },
        settings: { rank: 'a' },
      });
    });
    expect(odd).toMatchObject({ steps: 3, figure: null, settings: {} });
    expect((odd as { name: string }).name).toHaveLength(80);
  });

  it('is of other data by its hash, whatever the names', () => {
    const mine = { data: 'mine.csv', dataSha256: SHA, model: 'Tiny' };
    const other = read();
    if (typeof other === 'string') throw new Error(other);
    expect(otherLosses(other, mine)).toBeNull();
    expect(otherLosses(other, { ...mine, dataSha256: 'cd'.repeat(32) })).toBe('Other data');
    expect(otherLosses(other, { ...mine, model: 'Large' })).toBe('Another model');
  });
});
