import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { evaluateFlags, generateFlags, trainFlags } from '../../scripts/headless/flag-tables.mjs';
import { ladderFlags, stackFlags } from '../../scripts/headless/flag-tables-lab.mjs';
import { tasksFlags } from '../../scripts/headless/flag-tables-tasks.mjs';
import { ERRORS, type ErrorKind, errorKind, isErrorCode } from '../../src/error-codes.ts';
import { codeAndMessage, plainError, UserError } from '../../src/errors.ts';
import * as settings from '../../src/run/settings/list.ts';

const codes = Object.keys(ERRORS).filter(isErrorCode);

/** Codes that the sources throw or show, by what stands before them. */
function thrown(): Set<string> {
  const found = new Set<string>();
  for (const file of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!/\.tsx?$/.test(file) || file === 'error-codes.ts') continue;
    const source = readFileSync(join('src', file), 'utf8');
    for (const before of [
      String.raw`(?:UserError|super)\(\s*`,
      String.raw`\bcode(?:: \w+)? ?[:=] `,
      String.raw`needRows\([^)]*, `,
    ])
      for (const [, code] of source.matchAll(new RegExp(`${before}'([a-z0-9-]+)'`, 'g'))) found.add(code);
    // Readers of one format put its name in front.
    const prefix = /new UserError\(\s*`([a-z]+-)\$\{code\}`/.exec(source)?.[1];
    if (prefix)
      for (const [, code] of source.matchAll(/(?:fail|broken|size)\(\s*(?:[\w.]+, )?'([a-z0-9-]+)'/g))
        found.add(prefix + code);
  }
  return found;
}

test('each code is thrown somewhere, and what is thrown has its place in the table', () => {
  expect([...thrown()].sort()).toEqual([...codes].sort());
});

test('each says what it means in a sentence, and only what may change by itself can be tried again', () => {
  for (const code of codes) {
    const { means, exit, retry } = errorKind(code);
    expect(means, code).toMatch(/^[\w.]+ .*\.$/);
    if (retry) expect(exit, code).toBe(1);
  }
});

test('the flag of a code is one of some command', () => {
  const known = new Set(
    [
      ...[trainFlags, generateFlags, evaluateFlags, ladderFlags, stackFlags].map((flags) => flags(settings)),
      tasksFlags(settings, []),
    ].flatMap((flags) => flags.map(({ name }) => name)),
  );
  const named = codes.flatMap((code) => errorKind(code).flag ?? []);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((flag) => !known.has(flag))).toEqual([]);
});

test('what the commands answer to a missing adapter is kept for that alone', () => {
  const exits = (status: ErrorKind['exit']) => codes.filter((code) => errorKind(code).exit === status);
  expect(exits(3).sort()).toEqual(['no-adapter', 'no-webgpu']);
});

test.each(codes)('%s crosses as text and is itself again', (code) => {
  const plain = plainError(new UserError(code, 'One: sentence.\nAnother.'));
  expect(plain.name).toBe('UserError');
  expect(codeAndMessage(plain.message)).toEqual({ code, message: 'One: sentence.\nAnother.' });
});

test.each([['typo-in-it: something'], ['constructor: something'], ['No adapter'], ['stopped']])(
  '%s is of no code',
  (text) => expect(codeAndMessage(text)).toBeNull(),
);
