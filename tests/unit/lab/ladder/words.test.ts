import { expect, test } from 'vitest';
import { ladderResult } from '../../../../src/lab/ladder/report.ts';
import { ladderReport } from '../../../../src/lab/ladder/whole-report.ts';
import { countsOf, type Found, rungLine, warningsOf } from '../../../../src/lab/ladder/words.ts';
import { reportHtml } from '../../../../src/lab/report.ts';
import { rung } from './measured.ts';

const found: Found = {
  ...{ heldOut: 24, withoutQuestion: 0, rows: 36, passages: 0 },
  removed: { rows: 0, passages: 0 },
};

test('what was found is counted, and what is left out is named', () => {
  expect(countsOf(found)).toBe('24 held-out rows, 36 training rows.');
  expect(warningsOf(found)).toEqual([]);
  const other = { ...found, heldOut: 1, passages: 2, withoutQuestion: 1, removed: { rows: 3, passages: 1 } };
  expect(countsOf(other)).toBe('1 held-out row, 36 training rows, 2 passages.');
  expect(warningsOf(other)).toEqual([
    '1 held-out row has no question and answer and is not asked.',
    '3 training rows ask what a held-out row asks and are left out of every prompt, search and training step.',
    'A held-out row stands in 1 passage of the documents, which is left out.',
  ]);
});

test('a rung in one line', () => {
  expect(rungLine(rung('documents', 24, { k: 1 }))).toBe(
    'Documents (1): 100.0 % (100.0 to 100.0), 0.100 s an answer',
  );
});

test('the report of a ladder has its facts, its settings and its notes', () => {
  const measured = [rung('base', 2)];
  const report = ladderReport({
    ...{ result: ladderResult(measured, [], 3), measured, seed: 3, created: '2026-12-01T10:00:00Z' },
    plan: { metric: 'labels', heldOut: 24, removed: { rows: 1, passages: 0 }, instruction: null },
    facts: [['Model', 'tiny']],
    settings: { rank: 8, targets: null },
    notes: ['The held-out rows are those of line 2.'],
    versions: { lowrank: '1' },
    command: 'npm run --silent ladder -- --model bundled',
  });
  expect(report.findings[0]).toMatch(/^Base is the best/);
  expect(report.settings).toEqual([
    ['Model', 'tiny'],
    ['Instruction', '–'],
    ['rank', '8'],
    ['targets', '–'],
  ]);
  expect(report.seeds).toEqual({ seed: 3 });
  expect(report.sections.at(-1)).toEqual({
    title: 'Notes',
    text: ['The held-out rows are those of line 2.'],
  });
  expect(reportHtml(report)).toContain('The held-out rows are those of line 2.');
});
