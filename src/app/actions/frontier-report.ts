import { version } from '../../../package.json';
import { fileName } from '../../files/file-name.ts';
import type { NamedFile } from '../../files/named-file.ts';
import { zipFiles } from '../../files/zip.ts';
import { type FrontierResult, named, samePoint } from '../../lab/progression/points.ts';
import { frontierReport } from '../../lab/progression/whole-report.ts';
import { commandLine, type LabReport, reportHtml } from '../../lab/report.ts';
import type { FrontierModel, KeptFrontier } from '../../worker/api/api.ts';
import { settingFlags } from './setting-flags.ts';
import { save } from './take.ts';

/** What a comparison of models leaves: the report that the command leaves too, the rows, the adapter that was chosen. */

export function frontierReportOf(
  kept: KeptFrontier & { about: NonNullable<KeptFrontier['about']> },
  result: FrontierResult,
  created: string,
): LabReport {
  const { given, about, left, device, notes } = kept;
  const { models, rows, settings, enough } = given;
  return frontierReport({
    ...{ result, about: { ...about, left }, settings, versions: { lowrank: version }, created },
    facts: [
      ['Models', models.map(({ flag }) => flag).join(', ')],
      ['Base precisions', dtypesOf(models).join(', ')],
      ['Enough', enough === '' ? '–' : enough],
      ['Device', device],
      ['Training rows', `${rows.flag}, SHA-256 ${rows.sha256.train}`],
      ['Held-out rows', `${rows.heldOut.name}, SHA-256 ${rows.sha256.heldOut}`],
    ],
    notes: [...notes, ...notesOf(given)],
    command: commandOf(given),
  });
}

/** What the command does otherwise. */
function notesOf({ models, rows }: KeptFrontier['given']): string[] {
  const all = dtypesOf(models);
  return [
    ...(rows.split
      ? [
          'The held-out rows are a quarter of the rows that were open. “Save the rows” on the page writes both parts, which the command reads.',
        ]
      : []),
    ...(models.some(({ dtypes }) => dtypes.length < all.length)
      ? ['The command measures every model in every precision; here not all were asked for.']
      : []),
    ...(models.some(({ work }) => work !== 'train')
      ? ['The command trains every point; here some answered as they are, which its ladder has as the base.']
      : []),
  ];
}

/** The precisions of all models, in their order. */
function dtypesOf(models: readonly FrontierModel[]): string[] {
  return [...new Set(models.flatMap(({ dtypes }) => dtypes))];
}

function commandOf({ models, rows, settings, enough, stopAtFirst }: KeptFrontier['given']): string {
  const { 'base-dtype': _, ...flags } = settingFlags(settings);
  return commandLine('frontier', {
    models: models.map(({ flag }) => flag).join(','),
    dtypes: dtypesOf(models).join(','),
    data: rows.flag,
    'eval-data': rows.heldOut.name,
    ...(enough !== '' && { enough }),
    ...(stopAtFirst && enough !== '' && { 'stop-at-first': true }),
    ...flags,
    out: 'frontier',
  });
}

function nameFor({ title }: KeptFrontier): string {
  return fileName(title.replace(/^Sample: /, '').replace(/\.[a-z]+$/i, ''));
}

export function saveFrontierReport(kept: KeptFrontier): void {
  const { result, about } = kept;
  if (!result || !about) return;
  const html = reportHtml(frontierReportOf({ ...kept, about }, result, new Date().toISOString()));
  save(new Blob([html], { type: 'text/html' }), `${nameFor(kept)}-frontier.html`);
}

/** The rows that were trained on and those that were held out, as the command reads them. */
export async function saveFrontierRows(kept: KeptFrontier): Promise<void> {
  const { train, heldOut } = kept.given.rows;
  const files = [train, heldOut].map((file) => ({ path: file.name, blob: file }));
  save(await zipFiles(files), `${nameFor(kept)}-rows.zip`);
}

/** The adapter of the point that was chosen, where one was trained and is kept. */
export function chosenAdapter({ result, points }: KeptFrontier): NamedFile[] | null {
  const choice = result?.choice;
  if (!choice) return null;
  return points.find(({ point }) => point && samePoint(point, choice))?.adapter ?? null;
}

/** The same as PEFT files. */
export async function saveChosenAdapter(kept: KeptFrontier): Promise<void> {
  const adapter = chosenAdapter(kept);
  if (!adapter) return;
  const files = adapter.map(({ path, bytes }) => ({ path, blob: new Blob([bytes as BlobPart]) }));
  save(await zipFiles(files), `${fileName(`${nameFor(kept)} ${named(kept.result!.choice!)}`)}-adapter.zip`);
}
