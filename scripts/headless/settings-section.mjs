import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../paths.mjs';
import { settingsTable } from './settings-table.mjs';

/** The part of docs/commands.md that is made from the table of settings: `node scripts/headless/settings-section.mjs`. */

export const COMMANDS_PAGE = join(ROOT, 'docs/commands.md');
const BEGIN = '<!-- settings: made by scripts/headless/settings-section.mjs -->';
const END = '<!-- /settings -->';

/**
 * A row for each setting: flag, name on the page, range, default, what it does.
 * @param {import('./flag-tables.mjs').Table} table
 * @param {readonly import('../../src/run/setting.ts').Setting[]} [settings]
 */
export function settingsSection({ SETTINGS, rangeOf, writeSetting }, settings = SETTINGS) {
  const rows = settings.map((setting) => {
    const { flag, label, unit, help, only, type, default: usual } = setting;
    const range = type.kind === 'switch' ? 'no value' : `${rangeOf(setting)}${unit ? `, in ${unit}` : ''}`;
    const given = type.kind === 'switch' ? 'off' : writeSetting(usual) || '–';
    const cells = [
      `\`--${flag}\``,
      label,
      range,
      given,
      [help, only && `Only ${only.words}.`].filter(Boolean).join(' '),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| Flag | On the page | Takes | Default | |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** A page with the section between its marks. */
export function withSection(/** @type {string} */ page, /** @type {string} */ section) {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`The marks of the settings are missing: ${BEGIN} … ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${page.slice(end)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const page = readFileSync(COMMANDS_PAGE, 'utf8');
  writeFileSync(COMMANDS_PAGE, withSection(page, settingsSection(await settingsTable())));
}
