import { version } from '../../../package.json';
import { fileName } from '../../files/file-name.ts';
import { mergeReport } from '../../lab/merging/report.ts';
import { type Sweep, sweepResult } from '../../lab/merging/sweep.ts';
import { commandLine, type LabReport, reportHtml } from '../../lab/report.ts';
import { wayOf } from '../../merging/list.ts';
import { defaultSettings } from '../../run/settings/list.ts';
import type { MergeSweep, SweptMerge } from '../state/merge-sweep.ts';
import { namesOf } from './merge-sweep.ts';
import { save } from './take.ts';

/** What has been measured so far; null before the first weights. */
export function sweepSoFar({ of, base, points }: MergeSweep): Sweep | null {
  return of && base && points.length > 0 ? sweepResult(namesOf(of).tasks, base, points) : null;
}

/** The report that the command leaves too; null until every combination was tried. */
export function sweepReportOf(state: MergeSweep, created: string): LabReport | null {
  const { of, made } = state;
  const sweep = sweepSoFar(state);
  if (!of || !made || !sweep) return null;
  const { weights } = sweep.points[sweep.best];
  const sources = of.sources.map(({ name, rank }, i) => ({ name, rank, weight: weights[i] }));
  return mergeReport(
    { way: wayOf(of.options.way), sources, sweep, ...made },
    {
      ...{ model: of.model, maxLength: of.maxLength, density: of.options.density ?? null, seed: made.seed },
      ...{ versions: { lowrank: version }, command: commandOf(of), created },
    },
  );
}

export function saveSweepReport(state: MergeSweep): void {
  const report = sweepReportOf(state, new Date().toISOString());
  if (!report) return;
  const names = state.of?.sources.map(({ name }) => name).join(' + ') ?? '';
  save(new Blob([reportHtml(report)], { type: 'text/html' }), `${fileName(names)}-sweep.html`);
}

function commandOf({ sources, options, files, raw, maxLength, baseDtype, modelFlag }: SweptMerge): string {
  const usual = defaultSettings();
  const { way, rank, density, seed } = options;
  return commandLine('merge', {
    model: modelFlag,
    adapters: sources.map(({ name }) => fileName(name)),
    ...(way !== 'sum' && { way }),
    ...{ rank, density, seed, sweep: true },
    data: files.map(({ name }) => name),
    ...(maxLength !== usual.maxLength && { 'max-length': maxLength }),
    raw,
    ...(baseDtype !== usual.baseDtype && { 'base-dtype': baseDtype }),
    out: 'merged',
  });
}
