import { FAULTS, filesOf } from './table.mjs';

/**
 * What the tests say of the table's rows.
 *
 * @typedef {{ fullName: string, status: string, meta?: { faults?: Record<string, number> } }} Assertion
 * @typedef {{ file: string, assertions: Assertion[] }} Tested A file of tests that has run; its path in the project.
 * @typedef {{ id: string, fault: string, injected: number, survived: number, lost: number, pass: boolean, missing: string[] }} Row
 */

/**
 * One test is one injected fault unless it says how many it injected (`injected` of tests/faults/injected.ts). A test
 * ends at its first failure, so each one that fails has lost one.
 *
 * @param {Tested[]} tested
 * @param {{ all: boolean, only?: string | null }} options
 * @returns {Row[]}
 */
export function rowsOf(tested, { all, only = null }) {
  const tests = tested.flatMap(({ file, assertions }) => assertions.map((test) => ({ ...test, file })));
  return FAULTS.filter(({ id }) => only === null || id === only).map((row) => {
    const { id, fault } = row;
    const named = new RegExp(`\\b${id}\\b`);
    const files = filesOf(row, all);
    const ran = tests.filter(
      ({ file, fullName, status }) =>
        files.includes(file) && named.test(fullName) && (status === 'passed' || status === 'failed'),
    );
    const missing = files.filter((file) => !ran.some((test) => test.file === file));
    const injected = ran.reduce((sum, { meta }) => sum + (meta?.faults?.[id] ?? meta?.faults?.all ?? 1), 0);
    const lost = ran.filter(({ status }) => status === 'failed').length;
    return {
      id,
      fault,
      injected,
      survived: injected - lost,
      lost,
      pass: lost === 0 && missing.length === 0,
      missing,
    };
  });
}

/** The table for people. */
export function tableOf(/** @type {Row[]} */ rows) {
  const lines = rows.map(({ id, fault, injected, lost, pass, missing }) => {
    const outcome = pass ? 'passed' : 'FAILED';
    const why = missing.length > 0 ? `  no test in ${missing.join(', ')}` : '';
    return `${id}  ${outcome}  ${String(injected).padStart(6)} injected  ${lost} lost  ${fault}${why}`;
  });
  const cases = rows.reduce((sum, { injected }) => sum + injected, 0);
  const lost = rows.reduce((sum, row) => sum + row.lost, 0);
  return [...lines, `${cases} faults injected, ${lost} lost`].join('\n');
}
