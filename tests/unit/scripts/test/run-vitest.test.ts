import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { vitest } from '../../../../scripts/test/run-vitest.mjs';

const folder = mkdtempSync(join(tmpdir(), 'lowrank-runner-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs these files, which take Vitest's functions from the global scope. */
async function run(name: string, files: Record<string, string>, ...flags: string[]) {
  const root = join(folder, name);
  mkdirSync(root);
  for (const [file, code] of Object.entries(files)) writeFileSync(join(root, file), code);
  const lines: string[] = [];
  const {
    passed,
    failed,
    files: ended,
  } = await vitest(['--root', root, '--globals', '--fileParallelism=false', ...flags], {
    silence: 3_600_000,
    say: (line) => lines.push(line),
  });
  const tested = Object.fromEntries(
    ended.map(({ file, assertions }) => [
      file.split('/').at(-1),
      assertions.map(({ fullName, status, meta }) => ({ fullName, status, ...meta })),
    ]),
  );
  return { passed, failed, tested, text: lines.join('\n') };
}

test('a line for each file, its failures after it, and what every test said of the faults', async () => {
  const { passed, failed, tested, text } = await run('mixed', {
    'good.test.js': `describe('of many', () => test('good', ({ task }) => { task.meta.faults = { N2: 3 }; console.log('not shown'); }));`,
    'wrong.test.js': `test('right', () => console.log('shown')); test('wrong', () => expect([1, 2]).toEqual([1, 3])); test.skip('left out', () => {});`,
    'broken.test.js': `throw new Error('cannot be read');`,
    'hook.test.js': `afterAll(() => { throw new Error('does not clean up'); }); test('good', () => {});`,
  });
  expect([passed, failed]).toEqual([3, 4]);
  expect(tested).toEqual({
    'good.test.js': [{ fullName: 'of many good', status: 'passed', faults: { N2: 3 } }],
    'wrong.test.js': [
      { fullName: 'right', status: 'passed' },
      { fullName: 'wrong', status: 'failed' },
      { fullName: 'left out', status: 'skipped' },
    ],
    'broken.test.js': [],
    'hook.test.js': [{ fullName: 'good', status: 'passed' }],
  });
  expect(text).toMatch(/ passed {2}\S*good\.test\.js: 1 passed \(\d+\.\d s\)/);
  expect(text).toMatch(
    /FAILED {2}\S*wrong\.test\.js: 1 passed, 2 failed \(\d+\.\d s\)\n\n {2}wrong\n.*AssertionError/,
  );
  expect(text).toMatch(/FAILED {2}\S*broken\.test\.js: 0 passed, 1 failed \(\d+\.\d s\)\n.*cannot be read/);
  expect(text).toMatch(/FAILED {2}\S*hook\.test\.js: 1 passed, 1 failed \(\d+\.\d s\)\n.*does not clean up/);
  expect(text).toContain('\nshown');
  expect(text).not.toContain('not shown');
});

test('an error that belongs to no test fails the run', async () => {
  const { passed, failed, text } = await run('unhandled', {
    'good.test.js': `test('good', async () => { Promise.reject(new Error('nobody caught it')); await new Promise(setImmediate); });`,
  });
  expect([passed, failed]).toEqual([1, 1]);
  expect(text).toContain('nobody caught it');
});

test('tests that were not asked for by name are not counted; where none is found the run has failed', async () => {
  const files = { 'one.test.js': `test('N2: asked', () => {}); test('other', () => {});` };
  expect(await run('named', files, '--testNamePattern', 'N2')).toMatchObject({
    passed: 1,
    failed: 0,
    tested: { 'one.test.js': [{ fullName: 'N2: asked', status: 'passed' }] },
  });
  expect(await run('none', {})).toMatchObject({ passed: 0, failed: 1 });
});
