import type { Scene } from '../../drawing/scene.ts';
import type { MatrixError } from '../../merging/merge.ts';
import { sourcesText } from '../../merging/record.ts';
import type { Way } from '../../merging/way.ts';
import type { LabReport, Section } from '../report.ts';
import { type ScatterOptions, scatterScene } from '../scatter.ts';
import { errorFinding } from './error-finding.ts';
import { meanOf, type Sweep } from './sweep.ts';

/** What there is to say of a merge. */
export interface MergeOutcome {
  way: Way;
  sources: readonly { name: string; weight: number; rank: number | null }[];
  rank: number;
  errors: readonly MatrixError[];
  parameters: number;
  bytes: number;
  sweep: Sweep | null;
}

/** What a report says beside what came of a merge. */
export interface MergeFacts extends Pick<LabReport, 'versions' | 'command' | 'created'> {
  model: string;
  /** Null: the way prunes nothing, or the usual. */
  density: number | null;
  /** Of what was dropped at random; null where nothing was. */
  seed: number | null;
  /** Tokens of a held-out row at most. */
  maxLength: number;
}

/** The whole report, of the command and of the page. */
export function mergeReport(
  outcome: MergeOutcome,
  { model, density, seed, maxLength, ...facts }: MergeFacts,
): LabReport {
  const { way, sources, rank, sweep } = outcome;
  return {
    ...mergeSections(outcome),
    settings: [
      ['Model', model],
      ['Adapters', sources.map(({ name, weight }) => `${name}: ${weight}`).join(', ')],
      ['Way', way.id],
      ['Rank', String(rank)],
      ...(density === null ? [] : [['Density', String(density)] as const]),
      ...(sweep ? [['Held-out rows', sweep.tasks.join(', ')] as const] : []),
      ...(sweep ? [['Max length', `${maxLength} tokens`] as const] : []),
    ],
    seeds: seed === null ? {} : { 'Dropped values': seed },
    ...facts,
  };
}

/** Of a report, what was found and its tables. */
export function mergeSections(outcome: MergeOutcome): Pick<LabReport, 'title' | 'findings' | 'sections'> {
  const { way, sweep } = outcome;
  return {
    title: `${way.label} of ${outcome.sources.length} ${outcome.sources.length === 1 ? 'adapter' : 'adapters'}`,
    findings: [
      sizeFinding(outcome),
      errorFinding(outcome),
      ...(sweep ? [sweepFinding(sweep)] : []),
      ...(way.faults ?? []),
    ],
    sections: [waySection(way), ...(sweep ? sweepSections(sweep) : []), errorSection(outcome)],
  };
}

function sizeFinding({ way, sources, rank, parameters, bytes }: MergeOutcome): string {
  const made = `${sourcesText({ sources })} became one adapter of rank ${rank} by ${way.id}: ${count(parameters)} values, ${megabytes(bytes)}.`;
  const largest = Math.max(...sources.map((source) => source.rank ?? 0));
  return way.rank === 'sum of ranks' && largest > 0
    ? `${made} As a sum of rank ${largest} it would take ${megabytes((bytes * largest) / rank)}; every answer and every step of further training pays for the difference.`
    : made;
}

function waySection({ label, about, formula, source }: Way): Section {
  return {
    title: label,
    text: [about, 'δ is the change of a weight that a source makes, w what it counts, s its scale.'],
    table: {
      columns: [{ name: 'Computed' }, { name: 'From' }],
      rows: [[formula, source]],
    },
  };
}

function errorSection({ way, errors }: MergeOutcome): Section {
  return {
    title: 'Error of each matrix',
    text: [
      way.rank === 'that of the sources'
        ? 'How far what is stored is from the weighted sum Σ wδ, relative to it, in the Frobenius norm.'
        : 'How far what is stored is from what the way computes, relative to it, in the Frobenius norm.',
    ],
    table: {
      columns: [{ name: 'Matrix' }, { name: 'Error', number: true }],
      rows: errors.map(({ module, relative }) => [module, relative === null ? null : small(relative)]),
    },
  };
}

function sweepFinding({ tasks, base, points, best }: Sweep): string {
  const { weights, losses } = points[best];
  const frontier = points.filter(({ on_frontier }) => on_frontier).length;
  const each = tasks.map((task, i) => `${task} ${loss(losses[i])} (base ${loss(base[i])})`).join(', ');
  return `Of ${points.length} combinations of weights ${frontier} ${frontier === 1 ? 'is' : 'are'} on the frontier. The weights ${weights.join(', ')} have the least mean loss, ${loss(meanOf(losses))}: ${each}. They were chosen on these rows, so that the losses are a little too good.`;
}

function sweepSections({ tasks, base, points, best }: Sweep): Section[] {
  const name = (weights: readonly number[]) => weights.join(', ');
  return [
    {
      title: 'Weights that were tried',
      text: [
        'Mean loss of a supervised token on each task’s held-out rows. Of those on the frontier nothing is better for every task.',
      ],
      table: {
        columns: [
          { name: 'Weights' },
          ...tasks.map((task) => ({ name: task, number: true })),
          { name: 'Mean', number: true },
          { name: 'On the frontier' },
        ],
        rows: [
          ['base', ...base.map(loss), loss(meanOf(base)), ''],
          ...points.map(({ weights, losses, on_frontier }, i) => [
            name(weights),
            ...losses.map(loss),
            loss(meanOf(losses)),
            i === best ? 'yes, and written' : on_frontier ? 'yes' : '',
          ]),
        ],
      },
    },
    ...pairsOf(tasks).map(
      ([x, y]): Section => ({
        title: `${tasks[x]} and ${tasks[y]}`,
        chart: {
          scene: sweepScene({ tasks, points, best }, [x, y]),
          about: `Loss on ${tasks[y]} against that on ${tasks[x]} by weights`,
        },
      }),
    ),
  ];
}

/** Each two tasks, by their places. */
export function pairsOf(tasks: readonly string[]): (readonly [number, number])[] {
  return tasks.flatMap((_, x) => tasks.slice(x + 1).map((_task, i) => [x, x + 1 + i] as const));
}

/** What was tried by its loss on two of the tasks; the filled lines are the points, in their order. */
export function sweepScene(
  { tasks, points, best }: Pick<Sweep, 'tasks' | 'points' | 'best'>,
  [x, y]: readonly [number, number],
  options: ScatterOptions = {},
): Scene {
  return scatterScene(
    points.map(({ weights, losses, on_frontier }, i) => ({
      x: losses[x],
      y: losses[y],
      label: weights.join(', '),
      onFrontier: on_frontier,
      chosen: i === best,
    })),
    { x: `Loss on ${tasks[x]}`, y: `Loss on ${tasks[y]}` },
    options,
  );
}

const count = (value: number) => new Intl.NumberFormat('en').format(value);
const loss = (value: number) => value.toFixed(4);
const megabytes = (bytes: number) => `${(bytes / 1e6).toPrecision(2)} MB`;
const small = (value: number) =>
  value === 0 ? '0' : value < 1e-4 ? value.toExponential(1) : value.toFixed(4);
