import { isTemplateName } from '../../data/text/template-names.ts';
import { htmlDocument, type Pairs, pairTable } from '../../drawing/document.ts';
import { escaped, sceneSvg } from '../../drawing/scene.ts';
import {
  isOfMethod,
  isOfObjective,
  SETTINGS,
  settingsOfObjective,
  showSetting,
} from '../../run/settings/list.ts';
import type { ModelInfo } from '../../worker/api/api.ts';
import { type Curves, curveScene, movementScene, seriesScene } from '../drawing/curve-scene.ts';
import { movementWords } from '../drawing/movement-words.ts';
import { taskFigure } from '../outcome/figure.ts';
import { lossChange, signed } from '../outcome/held-rows.ts';
import { costWords } from '../outcome/scores.ts';
import { resultSentences } from '../outcome/sentences.ts';
import { bytes, count, duration, loss, parameters, percent } from '../shared/format.ts';
import { ofMethod } from '../shared/target-name.ts';
import type { Outcome } from '../state/outcome.ts';
import type { AppState } from '../state/store.ts';

/** What a report is made of. */
export interface ReportParts {
  app: Pick<
    AppState,
    | 'run'
    | 'runName'
    | 'runSettings'
    | 'runTemplate'
    | 'runContinued'
    | 'runLeaks'
    | 'model'
    | 'dataTitle'
    | 'hardware'
  >;
  outcome: Outcome;
  overlays: Curves['overlays'];
  note: string;
  /** ISO date. */
  created: string;
  /** Whether answers and held-out rows go in: they show the person's data. */
  withRows: boolean;
}

/** One HTML file that needs nothing else: curves, settings and results of a run. */
export function reportHtml(parts: ReportParts): string {
  const { app, note, created } = parts;
  const { run, runName } = app;
  const { series } = run;
  const title = runName || 'A run';
  const about = `Loss over ${count(run.step)} steps`;
  const words = movementWords(app.runSettings?.method ?? 'lora');
  const body = `<h1>${escaped(title)}</h1>
<p class="faint">Trained in a browser with Lowrank; report of ${escaped(created.slice(0, 16).replace('T', ' '))} UTC.</p>
${note ? `<p>${escaped(note)}</p>` : ''}
${results(parts)}
<h2>Loss</h2>
<figure>${sceneSvg(curveScene({ run, overlays: parts.overlays }), about)}</figure>
<div class="pair">
<figure>${sceneSvg(seriesScene('Learning rate', series.step, series.learningRate), 'Learning rate by step')}</figure>
<figure>${sceneSvg(seriesScene('Gradient norm', series.step, series.gradNorm), 'Gradient norm by step')}</figure>
${run.figures.map(({ key, label }) => `<figure>${sceneSvg(seriesScene(label, series.step, series.figures[key] ?? []), `${label} by step`)}</figure>\n`).join('')}</div>
${run.movement ? `<h2>${escaped(words.title)}</h2>\n<figure>${sceneSvg(movementScene(run.movement, app.model?.targets ?? [], words), `${words.title}, by target and ${words.column}`)}</figure>` : ''}
<h2>Settings</h2>
${pairTable(settingsOf(app))}
<h2>The run</h2>
${pairTable(factsOf(app))}
${run.warnings.length > 0 ? `<h2>Warnings</h2><ul>${run.warnings.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>` : ''}
${parts.withRows ? rowsOf(parts) : ''}`;
  return htmlDocument({ title: `${title}: a Lowrank run`, body });
}

type Pair = Pairs[number];

function results({ app, outcome, withRows }: ReportParts): string {
  const { run, runSettings, runContinued, runLeaks } = app;
  const said = resultSentences({
    ...{ run, outcome, settings: runSettings, continued: runContinued, leaks: runLeaks },
  });
  const sentences = [said.learned, said.preferred, said.right, withRows ? said.words : null, said.moved];
  const pairs: Pair[] = [];
  const figure = outcome.done ? taskFigure(outcome.rows) : null;
  if (figure)
    pairs.push([figure.what, `${percent(figure.before)} → ${percent(figure.after)}, ${figure.about}`]);
  const measured = run.summary?.eval;
  if (measured)
    pairs.push([
      'Held-out loss',
      `${loss(measured.loss_before)} → ${loss(measured.loss_after)} on ${count(measured.rows)} rows`,
    ]);
  const { loss_first: first, loss_last: last } = run.summary ?? { loss_first: null, loss_last: null };
  if (first !== null && last !== null)
    pairs.push(['Training loss', `${loss(first)} at the first step, ${loss(last)} at the last`]);
  const teacher = run.summary?.teacher;
  if (teacher)
    pairs.push([
      teacher.name === undefined ? 'KL to the teacher' : `KL to the teacher, ${teacher.name}`,
      `${loss(teacher.kl_before)} → ${loss(teacher.kl_after)} over ${count(teacher.rows)} ${teacher.held_out ? 'held-out' : 'training'} rows${teacher.tokens_saved === null ? '' : `; each answer saves ${count(Math.round(teacher.tokens_saved))} tokens of prompt`}`,
    ]);
  const { elsewhere } = outcome;
  if (elsewhere)
    pairs.push([
      'On general text',
      `${loss(elsewhere.before)} → ${loss(elsewhere.after)} on ${elsewhere.rows} general rows: ${costWords(elsewhere.before, elsewhere.after)}`,
    ]);
  const told = sentences.flatMap((text) => (text === null ? [] : [`<p>${escaped(text)}</p>`]));
  return `<h2>Results</h2>\n${told.join('\n')}\n${pairTable(pairs)}`;
}

/** Settings with their values; what was left to the run says nothing. */
export function settingsOf({
  run,
  runSettings,
  model,
}: Pick<ReportParts['app'], 'run' | 'runSettings' | 'model'>): Pairs {
  if (!runSettings) return [];
  // Where the rows decided it, the run says what came of it.
  const objective = run.summary?.objective ?? runSettings.objective;
  const own = new Set(objective === null ? [] : settingsOfObjective(objective).map(({ key }) => key));
  return SETTINGS.flatMap((setting): Pair[] => {
    const { key } = setting;
    if (isOfObjective(setting) && !own.has(key)) return [];
    if (!isOfMethod(setting, runSettings.method)) return [];
    const given = {
      ...runSettings,
      objective,
      targets: runSettings.targets ?? (model && ofMethod(model, runSettings.method).defaultTargets) ?? null,
    };
    const value = given[key];
    return value === null ? [] : [[setting.label, showSetting(setting, value)]];
  });
}

function factsOf({ run, runTemplate, model, dataTitle, hardware }: ReportParts['app']): Pairs {
  const pairs: Pair[] = [];
  if (model) pairs.push(['Model', modelText(model)]);
  if (runTemplate !== null)
    pairs.push(['Chat template', isTemplateName(runTemplate) ? `${runTemplate}, chosen` : 'one of your own']);
  pairs.push(['Data', dataTitle]);
  if (hardware)
    pairs.push([
      'Device',
      hardware.threads > 1 ? `${hardware.name}, ${hardware.threads} threads` : hardware.name,
    ]);
  const { summary, best } = run;
  if (!summary) return pairs;
  const { rows } = summary;
  pairs.push(
    [
      'Rows',
      `${rows.estimated ? 'About ' : ''}${count(rows.used)} used of ${count(rows.read)} read, ${count(rows.bad_count + rows.dropped)} skipped`,
    ],
    ['Steps', `${count(summary.steps)}${summary.stopped ? ', stopped by hand' : ''}`],
    ['Tokens', `${count(summary.tokens)}, ${count(summary.supervised_tokens)} trained on`],
    ['Time', `${duration(summary.seconds)}, ${count(summary.tokens_per_second)} tokens/s`],
    [
      'Trained',
      `${parameters(summary.trainable_parameters)} of ${parameters(summary.parameters)} parameters`,
    ],
    ['Memory', bytes(summary.memory.peak_bytes)],
  );
  if (best && best.step > 0)
    pairs.push(['Best held-out loss', `${loss(best.loss)} at step ${count(best.step)}`]);
  return pairs;
}

export function modelText({ name, precision, parameters: size, licence }: ModelInfo): string {
  return [name, `${parameters(size)} parameters`, precision, licence].filter(Boolean).join(', ');
}

function rowsOf({ app: { run }, outcome }: ReportParts): string {
  const films = run.films.map(({ prompt, frames }) => {
    const items = frames.map(
      ({ step, text }) =>
        `<li><span class="faint">${step === 0 ? 'before' : `step ${step}`}</span> ${escaped(text)}</li>`,
    );
    return `<h3>“${escaped(prompt)}”</h3><ul>${items.join('')}</ul>`;
  });
  const rows = outcome.rows
    .filter((row) => row.tuned)
    .map((row) => {
      const change = lossChange(row);
      const cells = [row.prompt, row.reference, row.base?.answer ?? '', row.tuned?.answer ?? ''];
      return `<tr><td class="number">${row.line}</td>${cells.map((text) => `<td>${escaped(text)}</td>`).join('')}<td class="number">${change === null ? '' : signed(change)}</td></tr>`;
    });
  const held =
    rows.length > 0
      ? `<h2>Held-out rows</h2><table class="rows"><thead><tr>${['line', 'question', 'wanted', 'base', 'tuned', 'loss'].map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`
      : '';
  return `<h2>Answers</h2>${films.join('\n')}\n${held}`;
}
