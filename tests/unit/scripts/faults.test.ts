import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rowsOf, tableOf } from '../../../scripts/faults/rows.mjs';
import { FAULTS, filesOf, projectOf } from '../../../scripts/faults/table.mjs';
import { ROOT } from '../../../scripts/paths.mjs';

const tested = (file: string, ...tests: [fullName: string, status: string, faults?: number][]) => ({
  file,
  assertions: tests.map(([fullName, status, faults]) => ({
    fullName,
    status,
    meta: faults === undefined ? {} : { faults: { N2: faults, N1: 7 } },
  })),
});
const N2 = 'tests/unit/weights/hub.test.ts';

test('a row counts what its tests have injected, and loses one by each that fails', () => {
  const files = [
    tested(
      N2,
      ['N2: 401', 'passed'],
      ['N2: many', 'failed', 40],
      ['N22: other', 'failed'],
      ['N2: later', 'skipped'],
    ),
    tested('tests/unit/elsewhere.test.ts', ['N2: not of its files', 'failed']),
  ];
  const [row, ...others] = rowsOf(files, { all: false, only: 'N2' });
  expect(others).toEqual([]);
  expect(row).toMatchObject({ injected: 41, survived: 40, lost: 1, pass: false, missing: [] });
  expect(tableOf([row])).toMatch(/^N2 +FAILED +41 injected +1 lost[\s\S]*41 faults injected, 1 lost$/);
});

test('a row whose tests are gone does not pass', () => {
  const [row] = rowsOf([tested(N2, ['a test of something else', 'passed'])], { all: false, only: 'N2' });
  expect(row).toMatchObject({ injected: 0, lost: 0, pass: false, missing: [N2] });
});

test('every file of the table is there', () => {
  for (const row of FAULTS)
    for (const file of filesOf(row, true)) {
      expect(existsSync(join(ROOT, file)), file).toBe(true);
      expect(['unit', 'unit-node', 'gpu', 'e2e', 'parity']).toContain(projectOf(file));
    }
  expect(FAULTS.map(({ id }) => id)).toEqual([...new Set(FAULTS.map(({ id }) => id))]);
});
