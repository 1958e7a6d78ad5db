import { describe, expect, test } from 'vitest';
import { recommend } from '../../../../src/lab/ladder/recommend.ts';
import { rung } from './measured.ts';

describe('what is recommended', () => {
  test('is the best where every cheaper rung is measurably worse', () => {
    const found = recommend([rung('base', 2), rung('prompt', 4), rung('tuned', 22)], 0);
    expect(found).toMatchObject({ rung: 'tuned', decides: null });
    expect(found.reason).toMatch(
      /^Tuned is the best at 91\.7 % on 24 held-out rows, and every cheaper rung is/,
    );
  });

  test('is a cheaper one that is not measurably worse, whatever order they were measured in', () => {
    const found = recommend([rung('tuned', 22), rung('base', 2), rung('examples', 20)], 0);
    expect(found.rung).toBe('examples');
    expect(found.reason).toBe(
      'Examples comes to 83.3 % on 24 held-out rows, which is not measurably worse than the best, Tuned at 91.7 % (p 0.500).',
    );
  });

  test('is the base where nothing helps, and no rung is praised that gets nothing right', () => {
    expect(recommend([rung('base', 12), rung('tuned', 12)], 0).reason).toMatch(
      'nothing that was tried beyond it helps',
    );
    const none = recommend([rung('base', 0), rung('tuned', 0)], 0);
    expect(none).toMatchObject({ rung: null, decides: null });
    expect(none.reason).toMatch('No rung gets anything right');
  });
});

describe('what decides', () => {
  const ladder = (search: number, tuned: number) =>
    recommend([rung('base', 1), rung('prompt', 3), rung('documents', search), rung('tuned', tuned)], 0);

  test('are facts where search gains most, form where training does', () => {
    expect(ladder(22, 3)).toMatchObject({ rung: 'documents', decides: 'facts' });
    expect(ladder(22, 3).reason).toMatch(
      'Facts decide here: search gains most (91.7 %, against 12.5 % by training and 12.5 % by a prompt alone).',
    );
    expect(ladder(3, 22)).toMatchObject({ rung: 'tuned', decides: 'form' });
  });

  test('is not said where both do, or one of them was not tried', () => {
    expect(ladder(20, 22).decides).toBeNull();
    expect(ladder(3, 3).decides).toBeNull();
    expect(recommend([rung('base', 1), rung('tuned', 22)], 0).decides).toBeNull();
  });
});
