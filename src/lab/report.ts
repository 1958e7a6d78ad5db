import { htmlDocument, type Pairs, pairTable } from '../drawing/document.ts';
import { escaped, type Scene, sceneSvg } from '../drawing/scene.ts';
import { quoted } from '../export/how-to-load.ts';

/**
 * What an experiment of the lab leaves behind, whichever it is: `report.html` for a person and `report.json` for a
 * program, both of this.
 */
export interface LabReport {
  title: string;
  /** What was found, a sentence or a few each; the most important first. */
  findings: readonly string[];
  sections: readonly Section[];
  /** Everything that decides the result, seeds apart. */
  settings: Pairs;
  /** Seeds by what they decide. */
  seeds: Readonly<Record<string, number>>;
  /** Versions of what computed it by name, `lowrank` among them. */
  versions: Readonly<Record<string, string>>;
  /** What repeats it in a shell; see `commandLine`. */
  command: string;
  /** ISO 8601, given by the caller so that a report is a pure function of this. */
  created: string;
}

/** A part under a heading of its own: text, then a table or a chart. */
export interface Section {
  title: string;
  /** One paragraph each. */
  text?: readonly string[];
  table?: Table;
  chart?: { scene: Scene; about: string };
}

export interface Table {
  columns: readonly { name: string; number?: boolean }[];
  /** As they are to be read, column by column; null: not known. */
  rows: readonly (readonly (string | null)[])[];
}

/** One HTML file that needs nothing else. */
export function reportHtml(report: LabReport): string {
  const { title, findings, sections, settings, seeds, versions, command, created } = report;
  const when = `${created.slice(0, 16).replace('T', ' ')} UTC`;
  const body = [
    `<h1>${escaped(title)}</h1>`,
    `<p class="faint">Measured with Lowrank; report of ${escaped(when)}.</p>`,
    ...findings.map(paragraph),
    ...sections.map(sectionHtml),
    '<h2>Settings</h2>',
    pairTable(settings),
    ...pairsUnder('Seeds', seeds),
    ...pairsUnder('Versions', versions),
    '<h2>To repeat it</h2>',
    `<pre>${escaped(command)}</pre>`,
  ];
  return htmlDocument({ title: `${title}: a Lowrank report`, body: body.join('\n') });
}

/** The same for programs: the experiment's own keys, then what every report has. */
export function reportJson<Keys extends object>(
  keys: Keys,
  { settings, seeds, versions, command, created }: LabReport,
) {
  return { ...keys, settings: Object.fromEntries(settings), seeds, versions, command, created };
}

/**
 * A command as it is typed in a shell.
 * @param flags names without their dashes, in order; true is a switch, several values follow one flag, and what is
 *   undefined or false was not given
 */
export function commandLine(
  name: string,
  flags: Readonly<Record<string, string | number | boolean | readonly (string | number)[] | undefined>>,
): string {
  const words = Object.entries(flags).flatMap(([flag, value]) => {
    if (value === undefined || value === false) return [];
    const values = value === true ? [] : typeof value === 'object' ? value : [value];
    return [`--${flag}`, ...values.map((one) => quoted(String(one)))];
  });
  return `npm run --silent ${name} -- ${words.join(' ')}`;
}

function pairsUnder(title: string, values: Readonly<Record<string, string | number>>): string[] {
  const pairs = Object.entries(values).map(([name, value]) => [name, String(value)] as const);
  return pairs.length === 0 ? [] : [`<h2>${title}</h2>`, pairTable(pairs)];
}

function sectionHtml({ title, text = [], table, chart }: Section): string {
  return [
    `<h2>${escaped(title)}</h2>`,
    ...text.map(paragraph),
    ...(table ? [tableHtml(table)] : []),
    ...(chart ? [`<figure>${sceneSvg(chart.scene, chart.about)}</figure>`] : []),
  ].join('\n');
}

function tableHtml({ columns, rows }: Table): string {
  const ofColumn = (i: number) => (columns[i].number ? ' class="number"' : '');
  const head = columns.map(({ name }, i) => `<th scope="col"${ofColumn(i)}>${escaped(name)}</th>`);
  const body = rows.map((row) => {
    const cells = row.map((cell, i) => `<td${ofColumn(i)}>${cell === null ? '–' : escaped(cell)}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<table class="rows figures"><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table>`;
}

function paragraph(text: string): string {
  return `<p>${escaped(text)}</p>`;
}
