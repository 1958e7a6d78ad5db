import type { Scene } from '../../drawing/scene.ts';
import { type Criterion, criterionName } from '../criterion.ts';
import { counted, percent } from '../figures.ts';
import { onFrontier } from '../frontier.ts';
import type { LabReport, Section } from '../report.ts';
import { type ScatterOptions, scatterScene } from '../scatter.ts';
import { type FrontierResult, named, type Point, type PointName, samePoint } from './points.ts';

/** What the report says beside the points. */
export interface FrontierAbout {
  metric: Criterion;
  /** Training rows that asked what a held-out row asks. */
  removed: number;
  /** Points that were not looked at, since a cheaper one sufficed. */
  left: number;
}

/** What a point costs, as a chart has it; null: not known. */
export const COSTS: readonly { title: string; axis: string; of: (point: Point) => number | null }[] = [
  {
    title: 'Memory',
    axis: 'Memory of training, MB',
    of: ({ memory_bytes }) => memory_bytes && memory_bytes / 1e6,
  },
  { title: 'Training time', axis: 'Training, s', of: ({ seconds }) => seconds },
  { title: 'Download', axis: 'To download, MB', of: ({ bytes }) => bytes / 1e6 },
];
/** Costs that are so many times apart are drawn by their logarithm. */
const FAR_APART = 10;
/** Lines of left-out rows that are named. */
const LINES = 12;

/** What a person reads of a frontier: the choice, the table, quality against each cost. */
export function frontierSections(
  { points, choice, reason, skipped, compared, left_out }: FrontierResult,
  { metric, removed, left }: FrontierAbout,
): Pick<LabReport, 'title' | 'findings' | 'sections'> {
  const chosen = (point: Point) => choice !== null && samePoint(point, choice);
  const short = shortNames(points);
  return {
    title: 'The frontier',
    findings: [reason],
    sections: [
      {
        title: 'Points',
        text: [
          `Each model in each base precision was trained on the same rows and answered the same ${counted(compared, 'held-out row')}, greedily and side by side; the cheapest by planned memory came first. ${criterionName(metric)}, with a 95 % bootstrap interval over rows; p is that of a paired sign-flip test beside the best.`,
          'Of those on the frontier no other is at least as good in quality, training time, memory and download, and better in one. Seconds depend on what else the machine did. What is downloaded is the model as it is stored: the precision is made of it here.',
          ...(points.some(({ untrained }) => untrained)
            ? [
                'What is called untrained answered as it is, without an adapter; its memory is that of its weights.',
              ]
            : []),
          ...(left_out.length > 0 ? [leftOutSentence(left_out)] : []),
          ...(removed > 0
            ? [
                `${counted(removed, 'training row')} that asked what a held-out row asks ${removed === 1 ? 'was' : 'were'} left out of training.`,
              ]
            : []),
          ...skipped.map((one) => `${named(one)} was not measured: ${one.reason}`),
          ...(left > 0
            ? [`${counted(left, 'dearer point')} ${left === 1 ? 'was' : 'were'} not looked at.`]
            : []),
        ],
        table: pointTable(points, chosen, short),
      },
      ...COSTS.flatMap(({ title, axis, of }) => {
        const scene = costScene(points, chosen, { axis, of }, { quality: criterionName(metric), short });
        if (!scene) return [];
        const about = `${criterionName(metric)} against ${axis.toLowerCase()} of each point`;
        return [{ title, chart: { scene, about } }];
      }),
      { title: 'What else was measured', table: otherTable(points, short) },
    ],
  };
}

/** How a point is called where there is little room: by the end of its model's name, where no other has the same. */
export function shortNames(points: readonly PointName[]): (point: PointName) => string {
  const end = (model: string) => model.replace(/\/+$/, '').split('/').at(-1) ?? model;
  const models = [...new Set(points.map(({ model }) => model))];
  return ({ model, ...one }) => {
    const alone = models.filter((other) => end(other) === end(model)).length < 2;
    return named({ ...one, model: alone ? end(model) : model });
  };
}

const number = (name: string) => ({ name, number: true });

function pointTable(
  points: readonly Point[],
  chosen: (point: Point) => boolean,
  short: (point: Point) => string,
): Section['table'] {
  return {
    columns: [
      { name: 'Point' },
      ...['Right', '95 % interval', 'p beside the best', 'Training, s', 'Memory, MB', 'Download, MB'].map(
        number,
      ),
      { name: 'On the frontier' },
    ],
    rows: points.map((point) => [
      short(point),
      percent(point.metric),
      `${percent(point.interval[0])} to ${percent(point.interval[1])}`,
      point.p_value?.toFixed(3) ?? null,
      point.seconds.toFixed(1),
      point.memory_bytes === null ? null : (point.memory_bytes / 1e6).toFixed(1),
      (point.bytes / 1e6).toFixed(1),
      chosen(point)
        ? point.on_frontier
          ? 'yes, and chosen'
          : 'no, but chosen'
        : point.on_frontier
          ? 'yes'
          : '',
    ]),
  };
}

/** What decides nothing here, and a person may want to know. */
function otherTable(points: readonly Point[], short: (point: Point) => string): Section['table'] {
  return {
    columns: [
      { name: 'Point' },
      ...['Parameters', 'Planned memory, MB', 'Loss', 'Seconds an answer', 'General loss'].map(number),
    ],
    rows: points.map((point) => [
      short(point),
      new Intl.NumberFormat('en').format(point.parameters),
      (point.planned_bytes / 1e6).toFixed(1),
      point.loss?.toFixed(3) ?? null,
      point.answer_seconds.toFixed(3),
      point.elsewhere_after === null
        ? null
        : `${point.elsewhere_before?.toFixed(3) ?? '–'} → ${point.elsewhere_after.toFixed(3)}`,
    ]),
  };
}

function leftOutSentence(lines: readonly number[]): string {
  const shown = lines.slice(0, LINES).join(', ');
  const rest = lines.length > LINES ? ' and others' : '';
  return `${counted(lines.length, 'held-out row')} (${lines.length === 1 ? 'line' : 'lines'} ${shown}${rest}) could not be asked of every model, and ${lines.length === 1 ? 'is' : 'are'} left out of all figures.`;
}

/** Quality against one cost, with the frontier of these two alone; null where it is known of fewer than two. */
export function costScene(
  points: readonly Point[],
  chosen: (point: Point) => boolean,
  { axis, of }: Pick<(typeof COSTS)[number], 'axis' | 'of'>,
  { quality, short, ...options }: { quality: string; short: (point: Point) => string } & ScatterOptions,
): Scene | null {
  const known = points.flatMap((point) => {
    const cost = of(point);
    return cost === null ? [] : [{ point, cost }];
  });
  // Those at the same place have their names in one line, at the first of them.
  const label = (one: (typeof known)[number]) => {
    const there = known.filter(({ point, cost }) => cost === one.cost && point.metric === one.point.metric);
    return there[0] === one ? there.map(({ point }) => short(point)).join(', ') : '';
  };
  if (known.length < 2) return null;
  const frontier = onFrontier(known.map(({ point, cost }) => [-point.metric, cost]));
  const all = known.map(({ cost }) => cost);
  return scatterScene(
    known.map((one, i) => ({
      x: one.cost,
      y: 100 * one.point.metric,
      range: [100 * one.point.interval[0], 100 * one.point.interval[1]],
      label: label(one),
      onFrontier: frontier[i],
      chosen: chosen(one.point),
    })),
    { x: axis, y: `${quality}, %` },
    {
      ...options,
      within: [0, 100],
      logarithmic: Math.min(...all) > 0 && Math.max(...all) > FAR_APART * Math.min(...all),
    },
  );
}
