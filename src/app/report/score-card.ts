import { version } from '../../../package.json';
import { isTemplateName } from '../../data/text/template-names.ts';
import { commandLine } from '../../lab/report.ts';
import { type RunSettings, SETTINGS, savedSettings, writeSetting } from '../../run/settings/list.ts';
import { modelFlag } from '../actions/ladder-record.ts';
import { comparedRows, taskFigure } from '../outcome/figure.ts';
import { majorityShare } from '../outcome/right-answers.ts';
import type { Outcome } from '../state/outcome.ts';
import type { Recital } from '../state/recital.ts';
import type { AppState } from '../state/store.ts';

/**
 * What a finished run is worth, for a program: every figure with what it was measured on, null where it was not measured,
 * and the command that repeats it. No row, no answer and no prompt is in it.
 */
export interface ScoreCard {
  format: 'lowrank-score-card';
  version: 1;
  /** ISO date. */
  created: string;
  name: string;
  model: { name: string; precision: string; parameters: number };
  data: {
    name: string;
    sha256: string | null;
    training_rows: number;
    held_out_rows: number;
    also_trained_on: number | null;
  };
  /** Shares of right answers; null where the rows do not say what is right. */
  task: { what: string; rows: number; before: number; after: number } | null;
  /** Mean loss per token, in nats. */
  held_out_loss: { rows: number; before: number; after: number } | null;
  general_text_loss: { rows: number; before: number; after: number } | null;
  /** The base with so many examples in its prompt, beside base and tuned on the same rows, by one metric. */
  few_shot: {
    examples: number;
    metric: string;
    rows: number;
    base: number;
    prompted: number;
    tuned: number | null;
  } | null;
  /** Share that always giving the most common label would have right. */
  majority_label: number | null;
  /** Training rows that were asked, those long enough to count, and those that came back word for word. */
  recital: { asked: number; counted: number; recited: number } | null;
  /** It began from an adapter that had been trained before, whose training is not in these figures. */
  continued: boolean;
  seeds: { run: number };
  steps: number;
  settings: Readonly<Record<string, unknown>>;
  versions: { lowrank: string };
  device: string;
  command: string;
}

export interface ScoreParts {
  app: Pick<
    AppState,
    | 'run'
    | 'runName'
    | 'runSettings'
    | 'runLeaks'
    | 'runContinued'
    | 'runTemplate'
    | 'model'
    | 'modelChoice'
    | 'data'
    | 'dataChoice'
    | 'dataTitle'
    | 'hardware'
  >;
  outcome: Outcome;
  recital: Recital;
  /** ISO date. */
  created: string;
}

/** Null before a run has ended and its figures are measured. */
export function scoreCard({ app, outcome, recital, created }: ScoreParts): ScoreCard | null {
  const { run, runSettings, model, data } = app;
  const { summary } = run;
  if (!summary || !runSettings || !model || !outcome.done) return null;
  const figure = taskFigure(outcome.rows);
  const compared = comparedRows(outcome.rows, outcome.examples);
  const { eval: measured } = summary;
  const { asked } = recital;
  return {
    ...{ format: 'lowrank-score-card', version: 1, created, name: app.runName },
    model: { name: model.name, precision: model.precision, parameters: summary.parameters },
    data: {
      ...{ name: app.dataTitle, sha256: data === recital.of ? (data?.sha256 ?? null) : null },
      ...{ training_rows: summary.rows.used - (measured?.rows ?? 0), held_out_rows: measured?.rows ?? 0 },
      also_trained_on: app.runLeaks,
    },
    task: figure && { what: figure.what, rows: figure.rows, before: figure.before, after: figure.after },
    held_out_loss: measured && {
      ...{ rows: measured.rows, before: measured.loss_before, after: measured.loss_after },
    },
    general_text_loss: outcome.elsewhere,
    few_shot: compared && {
      ...{ examples: compared.examples, metric: compared.metric, rows: compared.rows },
      ...{ base: compared.base, prompted: compared.prompted, tuned: compared.tuned },
    },
    majority_label: majorityShare(outcome.rows),
    recital:
      asked && recital.total === null
        ? { asked: asked.all, counted: asked.counted, recited: recital.recited.length }
        : null,
    continued: app.runContinued,
    seeds: { run: runSettings.seed },
    steps: summary.steps,
    settings: savedSettings({ ...runSettings, objective: summary.objective }),
    versions: { lowrank: version },
    device: app.hardware?.name ?? summary.device,
    command: commandOf(app, runSettings),
  };
}

/** Trains the same in a shell; the data have to lie where it says. */
function commandOf(
  { modelChoice, model, dataChoice, dataTitle, runContinued, runTemplate }: ScoreParts['app'],
  settings: RunSettings,
): string {
  const flags = SETTINGS.flatMap(({ key, flag, type, default: usual }) => {
    const value = settings[key];
    if (JSON.stringify(value) === JSON.stringify(usual)) return [];
    return [[flag, type.kind === 'switch' ? value === true : writeSetting(value)] as const];
  });
  return commandLine('train', {
    model: modelFlag(modelChoice, model?.name ?? 'model'),
    data: dataChoice?.kind === 'sample' ? `public/samples/${dataChoice.file}` : dataTitle,
    ...Object.fromEntries(flags),
    // Of which adapter it began is in no address: it has to lie there.
    'init-adapter': runContinued ? 'the-adapter-before' : undefined,
    'chat-template':
      runTemplate === null || isTemplateName(runTemplate) ? (runTemplate ?? undefined) : 'template.jinja',
    out: 'adapter',
  });
}
