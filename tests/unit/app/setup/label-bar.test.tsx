import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { LabelBar, warningOf } from '../../../../src/app/setup/label-bar.tsx';

const text = (rows: readonly [string, number][]) =>
  renderToStaticMarkup(<LabelBar labels={rows.map(([label, rows]) => ({ label, rows }))} />).replace(
    /<[^>]*>/g,
    ' ',
  );

test('names the labels with their rows, and counts those beyond', () => {
  expect(
    text([
      ['billing', 61],
      ['shipping', 58],
    ]),
  ).toMatch(/2 labels.*billing\s+61.*shipping\s+58/);
  expect(
    text([
      ['billing', 61],
      ['shipping', 58],
    ]),
  ).not.toContain('too few');
  const many = Array.from({ length: 12 }, (_, i): [string, number] => [`l${i}`, 20]);
  expect(text(many)).toMatch(/l7\s+20\s+and 4 more/);
});

test('warns of labels with few rows', () => {
  expect(warningOf([{ label: 'refund', rows: 1 }])).toMatch(/^“refund” has 1 row: too few/);
  expect(
    warningOf([
      { label: 'a', rows: 3 },
      { label: 'b', rows: 9 },
    ]),
  ).toMatch(/^2 labels have fewer than 10 rows:/);
});
