import { dependencies, version } from '../../../package.json';
import { fileName } from '../../files/file-name.ts';
import type { LadderResult } from '../../lab/ladder/report.ts';
import { APART } from '../../lab/ladder/rungs.ts';
import { ladderReport } from '../../lab/ladder/whole-report.ts';
import { commandLine, type LabReport, reportHtml } from '../../lab/report.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { KeptLadder } from '../../worker/api/api.ts';
import { settingFlags } from './setting-flags.ts';
import { save } from './take.ts';

/** The report that the command leaves too, of what the page has measured. */
export function ladderReportOf(kept: KeptLadder & { result: LadderResult }, created: string): LabReport {
  const { given, plan, rungs, result, adapter, facts, decides } = kept;
  const seed = given.settings.seed;
  return ladderReport({
    ...{ result, measured: rungs, plan, seed, created },
    facts: [
      ['Model', facts.model],
      ['Device', facts.device],
      ['Training rows', facts.data],
      ['Held-out rows', facts.heldOut],
      ...(given.documents.length > 0
        ? [['Documents', given.documents.map(({ name }) => name).join(', ')] as const]
        : []),
    ],
    settings: isApart(kept) ? { ...decides.apart, ...decides.adapter } : decides.adapter,
    notes: notesOf(kept),
    versions: { lowrank: version, minisearch: dependencies.minisearch },
    command: commandOf(kept, adapter?.note && !isApart(kept) ? null : given.settings),
  });
}

export function saveLadderReport(kept: KeptLadder): void {
  const { result } = kept;
  if (!result) return;
  const html = reportHtml(ladderReportOf({ ...kept, result }, new Date().toISOString()));
  save(new Blob([html], { type: 'text/html' }), `${fileName(titleOf(kept))}-ladder.html`);
}

/** What else a reader has to know, a sentence or a few each. */
export function notesOf({ given, rungs, adapter }: KeptLadder): string[] {
  const lines = rungs[0]?.rows.map(({ line }) => line) ?? [];
  return [
    ...(adapter?.note ? [adapter.note] : []),
    ...(given.heldOut
      ? []
      : [
          `The held-out rows are those of the lines ${lines.join(', ')}. To repeat this with the command, put them into held-out.jsonl and leave them out of the training rows.`,
        ]),
  ];
}

function titleOf({ title }: KeptLadder): string {
  return title.replace(/^Sample: /, '').replace(/\.[a-z]+$/i, '');
}

function isApart({ rungs }: KeptLadder): boolean {
  return rungs.some(({ name }) => name === APART.name);
}

function commandOf(kept: KeptLadder, settings: RunSettings | null): string {
  const { given, facts } = kept;
  const { data, heldOut, documents, prompt, metric } = given;
  return commandLine('ladder', {
    model: facts.modelFlag,
    data: data?.kind === 'sample' ? `public/samples/${data.file}` : facts.data.split(', SHA-256')[0],
    'eval-data': heldOut?.name ?? 'held-out.jsonl',
    ...(documents.length > 0 && { documents: 'documents' }),
    ...(prompt.trim() !== '' && { prompt: prompt.trim() }),
    ...(metric.trim() !== '' && { metric: metric.trim() }),
    ...(isApart(kept) && { apart: true }),
    ...(settings && settingFlags(settings)),
    out: 'ladder',
  });
}
