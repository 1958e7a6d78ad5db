import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  COMMANDS_PAGE,
  formatsSection,
  functionsSection,
  settingsSection,
  waysSection,
  withSection,
} from '../../../scripts/headless/commands-page.mjs';
import {
  evaluateFlags,
  exportFlags,
  generateFlags,
  trainFlags,
} from '../../../scripts/headless/flag-tables.mjs';
import {
  distilFlags,
  frontierFlags,
  ladderFlags,
  mergeFlags,
  stackFlags,
} from '../../../scripts/headless/flag-tables-lab.mjs';
import { tasksFlags } from '../../../scripts/headless/flag-tables-tasks.mjs';
import { FORMATS } from '../../../src/export/formats/list.ts';
import { FUNCTIONS } from '../../../src/lab/expression/functions.ts';
import { WAYS } from '../../../src/merging/list.ts';
import * as table from '../../../src/run/settings/list.ts';

const page = readFileSync(COMMANDS_PAGE, 'utf8');

/** The flags that a command's block of docs/commands.md shows, with what stands after them. */
function shown(command: string): Map<string, string> {
  const block = page.split(`\n## ${command}\n`)[1]?.split('```')[1] ?? '';
  return new Map(
    [...block.matchAll(/--([a-z-]+)(?: +([^-[\]|\s][^\s[\]]*))?/g)].map(([, flag, value = '']) => [
      flag,
      value,
    ]),
  );
}

test('the settings of docs/commands.md are those of the table (node scripts/headless/commands-page.mjs)', () => {
  expect(withSection(page, 'settings', settingsSection(table))).toBe(page);
});

test('the formats of docs/commands.md are those of the list (node scripts/headless/commands-page.mjs)', () => {
  expect(withSection(page, 'formats', formatsSection(FORMATS))).toBe(page);
});

test('the ways of docs/commands.md are those of the list (node scripts/headless/commands-page.mjs)', () => {
  expect(withSection(page, 'ways', waysSection(WAYS))).toBe(page);
});

test('the functions of docs/commands.md are those of the list (node scripts/headless/commands-page.mjs)', () => {
  expect(withSection(page, 'functions', functionsSection(FUNCTIONS))).toBe(page);
});

test('the block of export shows the formats and precisions of the list', () => {
  const flags = new Map(exportFlags(FORMATS).map(({ name, value }) => [name, value]));
  for (const flag of ['format', 'dtype']) expect(shown('export').get(flag)).toBe(flags.get(flag));
});

test('the block of train shows each setting with its default or its choices', () => {
  const flags = shown('train');
  for (const setting of table.SETTINGS) {
    const { flag, type, placeholder } = setting;
    const text = flags.get(flag);
    expect(text, flag).toBeDefined();
    if (type.kind === 'switch') expect(text, flag).toBe('');
    else if (type.kind === 'choice' && type.choices.length > 1)
      expect(text, flag).toBe(type.choices.map(({ value }) => value).join('|'));
    else if (setting.default === null) expect(text, flag).toBe(placeholder);
    else expect(table.readSetting(setting, text!), flag).toEqual({ value: setting.default });
  }
});

test.each([
  ['train', trainFlags(table)],
  ['generate', generateFlags(table)],
  ['evaluate', evaluateFlags(table)],
  ['export', exportFlags(FORMATS)],
  ['ladder', ladderFlags(table)],
  ['frontier', frontierFlags(table)],
  ['distil', distilFlags(table)],
  ['merge', mergeFlags(table, WAYS)],
  ['stack', stackFlags(table)],
  ['tasks', tasksFlags(table, WAYS)],
])('the block of %s shows no flag that is not one', (command, flags) => {
  const known = new Set(flags.map(({ name }) => name));
  expect([...shown(command).keys()].filter((flag) => !known.has(flag))).toEqual([]);
});
