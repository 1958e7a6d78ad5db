import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeProfile } from '../../../scripts/headless/profile.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lowrank-profile-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('commands at once have profiles of their own; one after another share one', () => {
  const first = takeProfile(root);
  const second = takeProfile(root);
  expect(first.folder).not.toBe(second.folder);
  first.release();
  expect(takeProfile(root).folder).toBe(first.folder);
});

test('the lock of a command that died is taken over', () => {
  // Larger than any process number.
  writeFileSync(join(root, '0.lock'), '999999999');
  expect(takeProfile(root).folder).toBe(join(root, '0'));
});
