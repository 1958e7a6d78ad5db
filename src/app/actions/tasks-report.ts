import { version } from '../../../package.json';
import { fileName } from '../../files/file-name.ts';
import { zipFiles } from '../../files/zip.ts';
import { commandLine, type LabReport, reportHtml } from '../../lab/report.ts';
import type { TasksAbout } from '../../lab/tasks/about.ts';
import { MERGE_DENSITY } from '../../lab/tasks/usual.ts';
import { tasksAbout, tasksReport } from '../../lab/tasks/whole-report.ts';
import { USUAL_INTRUDERS } from '../../merging/intruders.ts';
import { wayOf } from '../../merging/list.ts';
import type { KeptTasks, TasksFigures } from '../../worker/api/api.ts';
import { settingFlags } from './setting-flags.ts';
import { save } from './take.ts';
import type { EndAdapter } from './tasks.ts';
import { askedOf } from './tasks-record.ts';

/** What an experiment with several tasks leaves: the report that the command leaves too, and adapters. */

/** What the report says beside the figures. */
export function aboutOf(kept: KeptTasks, { seeds }: TasksFigures): TasksAbout {
  const { plan, budget, base, given, cosines } = kept;
  return tasksAbout({
    ...{ plan, budget, seeds, base: base!, cosines, method: given.settings.method },
    replayShare: given.replay?.share ?? 0,
  });
}

export function tasksReportOf(kept: KeptTasks, figures: TasksFigures, created: string): LabReport {
  const { given, plan, lambda, notes } = kept;
  const { strategies, mix, fraction, settings, ways } = given;
  const { seed, steps: _, ...resolved } = settings;
  const reduced = askedOf(kept).reduce as readonly string[];
  return tasksReport({
    ...{ result: figures.result, about: aboutOf(kept, figures), plan, strategies, mix, fraction, seed },
    ...{ model: given.model.flag, device: given.device, settings: resolved },
    ways: ways.map((id) => (wayOf(id).takes.density ? `${id} (density ${MERGE_DENSITY})` : id)),
    intruders: reduced.length > 0 ? { ...USUAL_INTRUDERS, lambda } : null,
    notes: [
      ...notes,
      ...(reduced.length > 0
        ? ['The command reduces the intruder dimensions of what every strategy ends with.']
        : []),
    ],
    versions: { lowrank: version },
    command: commandOf(kept, reduced.length > 0),
    created,
  });
}

function commandOf({ given, lambda }: KeptTasks, reduces: boolean): string {
  const { tasks, strategies, ways, mix, replay, seeds, settings, fraction, model } = given;
  const { 'eval-fraction': _, ...ofSettings } = settingFlags(settings);
  const held = tasks.flatMap(({ name, heldOut }) => (heldOut ? [`${name}=${heldOut.name}`] : []));
  return commandLine('tasks', {
    model: model.flag,
    task: tasks.map(({ name, from }) => `${name}=${from}`),
    ...(held.length > 0 && { 'task-eval': held }),
    ...(held.length < tasks.length && { 'eval-fraction': fraction }),
    strategies: strategies.join(','),
    ...(ways.length > 0 && { 'merge-ways': ways.join(',') }),
    ...(mix.mix !== 'rows' && { mix: mix.mix }),
    ...(mix.mix === 'temperature' && { 'mix-temperature': mix.temperature }),
    ...(replay && { replay: replay.file?.name ?? 'general', 'replay-share': replay.share }),
    ...(reduces && { 'reduce-intruders': true, 'intruder-lambda': lambda }),
    ...(seeds.length > 1 || seeds[0] !== settings.seed ? { seeds: seeds.join(',') } : {}),
    ...ofSettings,
    out: 'tasks',
  });
}

export function saveTasksReport(kept: KeptTasks): void {
  if (!kept.figures) return;
  const html = reportHtml(tasksReportOf(kept, kept.figures, new Date().toISOString()));
  save(new Blob([html], { type: 'text/html' }), `${fileName(kept.title)}-tasks.html`);
}

/** An adapter as PEFT files. */
export async function saveEnd({ name, files }: EndAdapter): Promise<void> {
  if (!files) return;
  const whole = files.map(({ path, bytes }) => ({ path, blob: new Blob([bytes as BlobPart]) }));
  save(await zipFiles(whole), `${fileName(name)}-adapter.zip`);
}
