import { version } from '../../../package.json';
import { fileName } from '../../files/file-name.ts';
import { zipFiles } from '../../files/zip.ts';
import { criterionKey } from '../../lab/criterion.ts';
import type { DistilAbout, DistilResult } from '../../lab/distillation/report.ts';
import { jsonLines, rowOf } from '../../lab/distillation/rows.ts';
import { distilReport } from '../../lab/distillation/whole-report.ts';
import { commandLine, type LabReport, reportHtml } from '../../lab/report.ts';
import type { KeptDistil } from '../../worker/api/api.ts';
import { plural } from '../shared/format.ts';
import { nameOfStudent, studentOf } from './distil.ts';
import { madeOf } from './distil-record.ts';
import { settingFlags } from './setting-flags.ts';
import { save } from './take.ts';

/** What a distillation leaves: the report that the command leaves too, the rows that were made, the student's adapter. */

/** What the report says beside the figures. */
export function aboutOf(kept: KeptDistil): DistilAbout {
  const { stages, steps } = kept;
  const { heldOut, removed } = stages.rows;
  return {
    ...{ metric: stages.teacher!.metric, heldOut: heldOut.length, removed, steps: steps ?? 0 },
    ...{ answersOnly: stages.student?.answersOnly ?? null, made: madeOf(kept) },
  };
}

export function distilReportOf(kept: KeptDistil, result: DistilResult, created: string): LabReport {
  const { given, byHand, notes } = kept;
  const { teacher, adapter, student, files, settings, device } = given;
  return distilReport({
    ...{ result, about: aboutOf(kept), settings, versions: { lowrank: version }, created },
    facts: [
      ['Teacher', teacher.flag],
      ['Its adapter', adapter?.name ?? '–'],
      ['Student', student.flag],
      ['Device', device],
      ['Rows', files.rows],
      ['Held-out rows', files.heldOut ?? 'a quarter of the rows'],
      ['Questions', files.prompts ?? 'made by the teacher'],
    ],
    notes: [
      ...notes,
      ...(byHand.length > 0
        ? [
            `${plural(byHand.length, 'made row was', 'made rows were')} taken out by hand, which the command cannot do: it trains on them too.`,
          ]
        : []),
    ],
    command: commandOf(kept),
  });
}

function commandOf({ given }: KeptDistil): string {
  const { teacher, adapter, student, files, wanted, metric, settings } = given;
  const fileOf = (named: string) => named.split(', SHA-256')[0];
  return commandLine('distil', {
    teacher: teacher.flag,
    ...(adapter && { 'teacher-adapter': adapter.name }),
    student: student.flag,
    data: fileOf(files.rows),
    ...(files.heldOut && { 'eval-data': fileOf(files.heldOut) }),
    ...(files.prompts && { prompts: files.prompts }),
    ...(wanted !== null && { rows: wanted }),
    ...(metric !== null && { metric: criterionKey(metric) }),
    ...settingFlags(settings),
    out: 'distilled',
  });
}

function nameFor({ title }: KeptDistil): string {
  return fileName(title.replace(/^Sample: /, '').replace(/\.[a-z]+$/i, ''));
}

export function saveDistilReport(kept: KeptDistil): void {
  const { result } = kept.figures;
  if (!result) return;
  const html = reportHtml(distilReportOf(kept, result, new Date().toISOString()));
  save(new Blob([html], { type: 'text/html' }), `${nameFor(kept)}-distil.html`);
}

/** The rows that the teacher made and that are kept, as any command reads them. */
export function saveMadeRows(kept: KeptDistil): void {
  const lines = jsonLines(madeOf(kept).kept.map(({ answer, ...question }) => rowOf(question, answer)));
  save(new Blob([lines], { type: 'application/x-ndjson' }), `${nameFor(kept)}-made.jsonl`);
}

/** The student's adapter as PEFT files. */
export async function saveStudent(kept: KeptDistil): Promise<void> {
  const student = studentOf(kept);
  if (!student) return;
  const files = student.files.map(({ path, bytes }) => ({ path, blob: new Blob([bytes as BlobPart]) }));
  save(await zipFiles(files), `${fileName(nameOfStudent(kept))}-adapter.zip`);
}
