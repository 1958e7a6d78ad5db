import { describe, expect, it } from 'vitest';
import { comparedRows, taskFigure } from '../../../../src/app/outcome/figure.ts';
import { lossChange, rowsAt, signed, sortedRows } from '../../../../src/app/outcome/held-rows.ts';
import { costWords } from '../../../../src/app/outcome/scores.ts';
import { verdictOf } from '../../../../src/app/outcome/verdict.ts';
import type { HeldRow } from '../../../../src/app/state/outcome.ts';

const row = (line: number, reference: string, base: string | null, tuned: string | null): HeldRow => ({
  row: line - 1,
  line,
  prompt: `question ${line}`,
  reference,
  base: { answer: base, loss: 2 },
  prompted: null,
  tuned: { answer: tuned, loss: 2 - line },
});

describe('the figure of a run', () => {
  it('is the share of right labels where references are labels', () => {
    const rows = [
      row(1, 'praise', 'It is a dream.', 'Praise.'),
      row(2, 'complaint', 'complaint', 'complaint'),
      row(3, 'praise', 'no', 'praise'),
      row(4, 'complaint', 'no', 'praise'),
    ];
    expect(taskFigure(rows)).toEqual({
      what: 'Labels right',
      before: 0.25,
      after: 0.75,
      rows: 4,
      about: 'on 4 held-out rows',
    });
  });

  it('counts fields of JSON, and says how much of it is JSON at all', () => {
    const figure = taskFigure([
      row(1, '{"a": 1, "b": "x"}', 'one', '{"b": "x", "a": 2}'),
      row(2, '{"a": 3, "b": "y"}', '{"a": 3}', '{"a": 3, "b": "y"}'),
    ]);
    expect(figure).toMatchObject({ what: 'Fields right', before: 0.25, after: 0.75 });
    expect(figure?.about).toBe('on 2 held-out rows; JSON valid: 50 % → 100 %');
  });

  it('is none where the data only show a style, or nothing was answered', () => {
    const long = 'Arr, the sea be wide and salt, and kind to them that mind her, matey!';
    expect(taskFigure([row(1, long, 'The sea.', long)])).toBeNull();
    expect(taskFigure([row(1, 'praise', null, 'praise'), row(2, 'praise', 'praise', null)])).toBeNull();
    expect(taskFigure([])).toBeNull();
  });
});

describe('what a run cost elsewhere', () => {
  it('is said by the loss', () => {
    expect([2.4, 2.6, 2.62, 2.73, 3.25, 5.2].map((after) => costWords(2.6, after))).toEqual([
      'no loss',
      'unchanged',
      'unchanged',
      'worse by 5.0 %',
      'worse by 25 %',
      'worse: 2 times the loss',
    ]);
    // A base that knows the text well has little loss: the bundled model on its small world.
    expect([0.13, 0.139, 0.15, 0.2, 1.98].map((after) => costWords(0.1346, after))).toEqual([
      'unchanged',
      'unchanged',
      'worse by 11 %',
      'worse by 49 %',
      'worse: 15 times the loss',
    ]);
  });

  it('say nothing of text that the base hardly knows, whichever way its loss goes', () => {
    for (const after of [3, 5.7, 8])
      expect(costWords(5.7, after)).toBe('says little: the base model hardly knows such text');
  });
});

describe('held-out rows', () => {
  const rows = [
    row(1, 'a', 'a', 'a'),
    { ...row(2, 'b', 'b', 'b'), tuned: { answer: 'b', loss: null } },
    row(3, 'c', 'c', 'c'),
    row(4, 'd', 'd', 'd'),
  ];
  const lines = (of: HeldRow[]) => of.map(({ line }) => line);

  it('are sorted by line or by change, without a number last', () => {
    expect(lines(sortedRows(rows, { by: 'change', down: false }))).toEqual([4, 3, 1, 2]);
    expect(lines(sortedRows(rows, { by: 'change', down: true }))).toEqual([1, 3, 4, 2]);
    expect(lines(sortedRows(rows, { by: 'line', down: true }))).toEqual([4, 3, 2, 1]);
    expect(lossChange(rows[0])).toBe(-1);
    expect([-3.1, 0.2, -0.001].map(signed)).toEqual(['−3.10', '+0.20', '0.00']);
  });

  it('are those of another step as far as it was measured, and nothing of the end stands in for the rest', () => {
    const notAtEnd = { ...row(5, 'e', 'e', 'e'), tuned: null };
    const [first, second] = rows;
    const then = rowsAt([...rows, notAtEnd], { [second.row]: { answer: 'then', loss: 2 } });
    expect(then.measured).toBe(1);
    expect(then.rows).toHaveLength(4);
    expect(then.rows[0]).toEqual({ ...first, tuned: { answer: null, loss: null } });
    expect(then.rows[1].tuned).toEqual({ answer: 'then', loss: 2 });
    expect(then.rows.map(lossChange).map((change) => change === null)).toEqual([true, false, true, true]);
    expect(rows[0].tuned).not.toBeNull();
  });
});

describe('is training what you need', () => {
  const of = (base: number, prompted: number, tuned: number | null) =>
    verdictOf({ metric: 'labels', rows: 20, examples: 3, base, prompted, tuned });

  it('says before a run whether a prompt is enough', () => {
    expect(of(0.95, 0.9, null)).toMatch(/already does this/);
    expect(of(0.3, 0.95, null)).toMatch(/3 examples is enough: 95 %/);
    expect(of(0.3, 0.6, null)).toMatch(/help, from 30 % to 60 %, but are not enough/);
    expect(of(0.3, 0.33, null)).toMatch(/do not help here/);
  });

  it('says behind a run whether a prompt would have done', () => {
    expect(of(0.3, 0.5, 0.9)).toMatch(/beats a prompt with 3 examples: 90 % against 50 %/);
    expect(of(0.3, 0.9, 0.92)).toMatch(/prompt with 3 examples does as well: 90 % against 92 %/);
    expect(of(0.9, 0.8, 0.92)).toMatch(/base model alone does as well/);
  });

  it('is told only on rows that were asked both ways', () => {
    const asked = {
      ...row(1, 'praise', 'no', 'praise'),
      prompted: { answer: 'praise', loss: null },
    };
    expect(comparedRows([row(2, 'praise', 'no', 'no')], 3)).toBeNull();
    expect(comparedRows([asked, row(2, 'praise', 'no', 'no')], 3)).toMatchObject({
      rows: 1,
      base: 0,
      prompted: 1,
      tuned: 1,
    });
    expect(comparedRows([{ ...asked, tuned: null }], 3)?.tuned).toBeNull();
  });
});
