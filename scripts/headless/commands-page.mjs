import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../paths.mjs';
import { exportFormats, expressionFunctions, mergeWays, settingsTable } from './tables.mjs';

/** The parts of docs/commands.md that are made from tables of the page's: `node scripts/headless/commands-page.mjs`. */

export const COMMANDS_PAGE = join(ROOT, 'docs/commands.md');

/**
 * A row for each setting: flag, name on the page, range, default, what it does.
 * @param {import('./flag-tables.mjs').Table} table
 * @param {readonly import('../../src/run/settings/setting.ts').Setting[]} [settings]
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

/** A row for each export format. */
export function formatsSection(
  /** @type {readonly import('../../src/export/format.ts').ExportFormat[]} */ formats,
) {
  const rows = formats.map(({ id, label, about, dtypes, file }) => {
    const precisions = dtypes.map(({ value }) => `\`${value}\``).join(', ');
    return `| \`${id}\` | ${label} | ${precisions} | ${file ? 'a file' : 'a folder'} | ${about.replace(/\.?$/, '.')} |`;
  });
  return ['| `--format` | On the page | `--dtype` | `--out` | |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

/** A row for each way to merge. */
export function waysSection(/** @type {readonly import('../../src/merging/way.ts').Way[]} */ ways) {
  const rows = ways.map(({ id, about, takes, rank }) => {
    const flags = Object.keys(takes).map((flag) => `\`--${flag}\``);
    const made = rank === 'nearest' ? 'as asked' : rank === 'sum of ranks' ? 'the sum' : 'the sources’';
    return `| \`${id}\` | ${flags.join(', ') || '–'} | ${made} | ${about} |`;
  });
  return ['| `--way` | Takes | Rank | |', '|---|---|---|---|', ...rows].join('\n');
}

/** A row for each function of an expression. */
export function functionsSection(
  /** @type {Readonly<Record<string, import('../../src/lab/expression/functions.ts').ExpressionFunction>>} */ functions,
) {
  const rows = Object.entries(functions).map(
    ([name, { takes, gives, help }]) =>
      `| \`${name}(${takes.join(', ')})\` | ${gives === 'truth' ? 'true or false' : `a ${gives}`} | ${help} |`,
  );
  return ['| Function | Gives | |', '|---|---|---|', ...rows].join('\n');
}

/**
 * A page with a section between its marks.
 * @param {string} page
 * @param {string} name
 * @param {string} section
 */
export function withSection(page, name, section) {
  const begin = `<!-- ${name}: made by scripts/headless/commands-page.mjs -->`;
  const end = `<!-- /${name} -->`;
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The marks are missing: ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${section}\n\n${page.slice(to)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  let page = readFileSync(COMMANDS_PAGE, 'utf8');
  page = withSection(page, 'settings', settingsSection(await settingsTable()));
  page = withSection(page, 'formats', formatsSection(await exportFormats()));
  page = withSection(page, 'ways', waysSection(await mergeWays()));
  page = withSection(page, 'functions', functionsSection(await expressionFunctions()));
  writeFileSync(COMMANDS_PAGE, page);
}
