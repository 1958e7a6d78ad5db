import { heldOutCount, MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import { htmlDocument, type Pairs, pairTable } from '../../drawing/document.ts';
import { escaped } from '../../drawing/scene.ts';
import { bytes, count, duration, parameters, percent, plural } from '../shared/format.ts';
import type { AppState } from '../state/store.ts';
import { modelText, settingsOf } from './report-html.ts';

/** What a page without a run is made of. */
export type OpenParts = Pick<
  AppState,
  | 'run'
  | 'settings'
  | 'model'
  | 'data'
  | 'dataTitle'
  | 'dataForm'
  | 'hardware'
  | 'estimate'
  | 'exampleRow'
  | 'baseAnswers'
>;

/** Before a run: model, data and settings as they are, in tables. */
export function openHtml(app: OpenParts, created: string): string {
  const { model, settings, run } = app;
  const body = `<h1>What is open</h1>
<p class="faint">Lowrank, ${escaped(created.slice(0, 16).replace('T', ' '))} UTC. Nothing is trained yet.</p>
<h2>Model and device</h2>
${pairTable(modelOf(app))}
<h2>Data</h2>
${pairTable(dataOf(app))}
${exampleOf(app)}
<h2>Settings</h2>
${pairTable([...costOf(app), ...settingsOf({ run, runSettings: settings, model })])}`;
  return htmlDocument({ title: 'Lowrank: what is open', body });
}

function modelOf({ model, hardware }: OpenParts): Pairs {
  return [
    ['Model', model ? modelText(model) : 'none open'],
    ...(model ? [['File', bytes(model.bytes)] as const] : []),
    ['Device', hardware?.name ?? 'not known yet'],
  ];
}

function dataOf({ data, dataTitle, dataForm, settings }: OpenParts): Pairs {
  if (!data) return [['Data', 'none open']];
  const held = heldOutCount(data.used, settings.evalFraction, MAX_HELD_OUT_ROWS);
  const { bad, dropped, isEstimate } = data.skipped;
  return [
    ['Name', dataTitle],
    ['Rows', [plural(data.used, 'row'), dataForm].filter(Boolean).join(', ')],
    ['Held out', plural(held, 'row')],
    ['Skipped', `${isEstimate ? 'about ' : ''}${plural(bad + dropped, 'line')}`],
    ['Cut', `${plural(data.truncatedRows, 'row')} at ${count(data.maxLength)} tokens`],
    ['Tokens trained on', `${count(data.supervisedTokens)} of ${count(data.tokens)}`],
  ];
}

/** The first screen's row: what the model says now, and what the row teaches. */
function exampleOf({ exampleRow, baseAnswers }: OpenParts): string {
  if (!exampleRow || exampleRow.question === '' || exampleRow.answer === '') return '';
  const { question, answer } = exampleRow;
  const now = baseAnswers[question]?.text;
  return `<h3>“${escaped(question)}”</h3>
${pairTable([...(now ? [['Now', now] as const] : []), ['What this data teaches', answer]])}`;
}

function costOf({ estimate, model }: OpenParts): Pairs {
  if (!estimate) return [];
  const { steps, seconds, trainableParameters: trained } = estimate;
  return [
    ['Steps', `${count(steps)}${seconds === null ? '' : `, about ${duration(seconds)}`}`],
    ...(model
      ? [
          [
            'Trained',
            `${parameters(trained)} of ${parameters(model.parameters)} parameters, ${percent(trained / model.parameters)}`,
          ] as const,
        ]
      : []),
  ];
}
