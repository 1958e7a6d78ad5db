import { criterionName } from '../criterion.ts';
import { counted, percent } from '../figures.ts';
import { heatMapScene } from '../heat-map.ts';
import { probability } from '../ladder/recommend.ts';
import type { LabReport, Section } from '../report.ts';
import { SIGNIFICANT } from '../statistics.ts';
import type { TasksAbout } from './about.ts';
import { findingsOf, points, range, strategyLabel } from './findings.ts';
import { listed } from './jobs.ts';
import type { StrategyResult, TaskFigure, TasksResult } from './result.ts';

/** What a person reads of an experiment with several tasks. */
export function tasksSections(
  result: TasksResult,
  about: TasksAbout,
): Pick<LabReport, 'title' | 'findings' | 'sections'> {
  const names = about.tasks.map(({ name }) => name);
  return {
    title: `Several tasks: ${listed(names)}`,
    findings: findingsOf(result, about),
    sections: [
      tableSection(result, about),
      forgettingSection(result, about),
      ...besideSection(result, about),
      ...seedSection(result, about),
      ...mergeSection(result),
      rowsSection(about),
      ...cosineSections(about),
    ].filter((section) => section !== null),
  };
}

const number = (name: string) => ({ name, number: true });
const fixed = (value: number | null, digits: number) => value?.toFixed(digits) ?? null;

function tableSection({ base, strategies }: TasksResult, { tasks, seeds }: TasksAbout): Section {
  const over = seeds.length > 1 ? `, means over ${seeds.length} seeds` : '';
  const cell = ({ metric, interval }: Pick<TaskFigure, 'metric' | 'interval'>) =>
    `${percent(metric)} (${range(interval)})`;
  return {
    title: 'Tasks and strategies',
    text: [
      `${[...new Set(tasks.map(({ metric }) => criterionName(metric)))].join(', ')} on the held-out rows of each task, answered greedily${over}, with the 95 % interval of a bootstrap over rows. General loss is that of a token on rows of general conversation. Seconds are those of all that a strategy trains and merges.`,
    ],
    table: {
      columns: [
        { name: 'Strategy' },
        ...tasks.map(({ name }) => number(name)),
        ...['Mean', 'General loss', 'Steps', 'Seconds'].map(number),
      ],
      rows: [
        [
          'Base',
          ...base.tasks.map(cell),
          percent(base.tasks.reduce((sum, { metric }) => sum + metric, 0) / base.tasks.length),
          fixed(base.elsewhere, 3),
          ...[null, null],
        ],
        ...strategies.map((one) => [
          strategyLabel(one.name),
          ...one.tasks.map(cell),
          percent(one.mean.metric),
          fixed(one.elsewhere, 3),
          String(one.steps),
          fixed(one.seconds, 1),
        ]),
      ],
    },
  };
}

function forgettingSection({ strategies }: TasksResult, { seeds }: TasksAbout): Section | null {
  const sequences = strategies.filter(({ tasks }) => tasks.some(({ learned }) => learned !== null));
  if (sequences.length === 0) return null;
  return {
    title: 'Forgetting',
    text: [
      'The figure of a task right after it was learned, and at the end, when the others were learned too. Forgetting is the difference; the last task has nothing after it.',
    ],
    table: {
      columns: [
        { name: 'Strategy' },
        { name: 'Task' },
        ...['Learned', 'At the end', 'Forgetting', '95 %, rows'].map(number),
        ...(seeds.length > 1 ? [number('95 %, seeds')] : []),
      ],
      rows: sequences.flatMap(({ name, tasks }) =>
        tasks.map((task) => [
          strategyLabel(name),
          task.name,
          percent(task.learned!),
          percent(task.metric),
          points(task.forgetting!),
          range(task.forgetting_interval!),
          ...(seeds.length > 1 ? [range(task.forgetting_seed_interval!)] : []),
        ]),
      ),
    },
  };
}

function besideSection({ strategies }: TasksResult, { seeds }: TasksAbout): Section[] {
  const compared = strategies.filter(({ mean }) => mean.beside_sequence !== null);
  if (compared.length === 0) return [];
  const seed = (interval: [number, number] | null) =>
    seeds.length > 1 ? [interval ? range(interval) : null] : [];
  const rowsOf = ({ name, tasks, mean }: StrategyResult) => [
    ...tasks.map(({ name: task, beside_sequence: beside }) => [
      strategyLabel(name),
      task,
      points(beside!.difference),
      range(beside!.interval),
      ...seed(beside!.seed_interval),
      probability(beside!.p_value),
    ]),
    [
      strategyLabel(name),
      'mean of all',
      points(mean.beside_sequence!.difference),
      range(mean.beside_sequence!.interval),
      ...seed(mean.beside_sequence!.seed_interval),
      null,
    ],
  ];
  return [
    {
      title: 'Beside learning one after another',
      text: [
        `How far each task’s figure is above that of the tasks learned one after another in the given order. p is that of a paired sign-flip test over the rows; below ${SIGNIFICANT} the two are measurably apart on these rows.`,
      ],
      table: {
        columns: [
          { name: 'Strategy' },
          { name: 'Task' },
          ...['Above', '95 %, rows'].map(number),
          ...(seeds.length > 1 ? [number('95 %, seeds')] : []),
          number('p'),
        ],
        rows: compared.flatMap(rowsOf),
      },
    },
  ];
}

function seedSection({ strategies }: TasksResult, { seeds, tasks }: TasksAbout): Section[] {
  if (seeds.length < 2) return [];
  return [
    {
      title: 'Seed by seed',
      text: [
        'A seed decides how adapters begin, in which order rows come, and what a merge drops at random.',
      ],
      table: {
        columns: [
          { name: 'Strategy' },
          { name: 'Task' },
          ...seeds.map((seed) => number(`Seed ${seed}`)),
          number('Mean, 95 % over seeds'),
        ],
        rows: strategies.flatMap(({ name, tasks: figures }) =>
          figures.map((figure, i) => [
            strategyLabel(name),
            tasks[i].name,
            ...figure.by_seed.map(percent),
            `${percent(figure.metric)} (${range(figure.seed_interval!)})`,
          ]),
        ),
      },
    },
  ];
}

function mergeSection({ strategies }: TasksResult): Section[] {
  const merges = strategies.filter(({ merge_scales }) => merge_scales);
  if (merges.length === 0) return [];
  return [
    {
      title: 'Merges',
      text: [
        'What a way makes of the adapters, each with the weight 1, is multiplied by λ. Where none was given, that with the least mean loss on up to 20 training rows of each task is taken. The error is the median over the matrices of ‖stored − exact‖ ÷ ‖exact‖: what the rank cuts off.',
      ],
      table: {
        columns: [{ name: 'Strategy' }, number('λ of each seed'), number('Error of the rank')],
        rows: merges.map(({ name, merge_scales, merge_error }) => [
          strategyLabel(name),
          merge_scales!.join(', '),
          merge_error === null || merge_error === undefined ? null : percent(merge_error),
        ]),
      },
    },
  ];
}

function rowsSection({ tasks, replay, elsewhere_rows, unanswered, steps }: TasksAbout): Section {
  return {
    title: 'Rows',
    text: [
      `Each strategy takes ${steps} steps in all. A training row that asks what a held-out row of any task asks is left out of every training.`,
      ...(replay
        ? [
            `${percent(replay.share)} of the rows of every training are replayed from ${replay.name} (${counted(replay.rows, 'row')}; left out were ${replay.removed} that ask what a row asks that only measures).`,
          ]
        : []),
      `The general loss is that of ${counted(elsewhere_rows, 'general row')}, none of which is ever trained on by a replay.`,
      ...(unanswered > 0
        ? [`${counted(unanswered, 'held-out row')} left no room for an answer, which counts as wrong.`]
        : []),
      ...tasks
        .filter(({ without_question }) => without_question > 0)
        .map(
          ({ name, without_question }) =>
            `${name}: ${counted(without_question, 'held-out row')} without a question and an answer were not asked.`,
        ),
    ],
    table: {
      columns: [
        { name: 'Task' },
        { name: 'Judged by' },
        ...['Training rows', 'Left out', 'Held out', 'Share together', 'Steps by itself'].map(number),
      ],
      rows: tasks.map((task) => [
        task.name,
        criterionName(task.metric),
        String(task.rows),
        String(task.removed),
        String(task.held_out),
        percent(task.share),
        String(task.steps),
      ]),
    },
  };
}

/** A map for each pair of tasks. */
function cosineSections({ cosines, tasks, why_no_cosines }: TasksAbout): Section[] {
  if (!cosines)
    return [{ title: 'How alike the changes are', text: [why_no_cosines ?? 'This was not measured.'] }];
  const pairs = tasks.flatMap((one, i) => tasks.slice(i + 1).map((other) => [one.name, other.name]));
  return pairs.map(([one, other], pair): Section => {
    const cells = cosines.map(({ layer, target, cosines: all }) => ({ layer, target, value: all[pair] }));
    return {
      title: `How alike the changes of ${one} and ${other} are`,
      text: [
        `The cosine of what the adapter of ${one} alone and that of ${other} alone add to each weight, ⟨ΔW₁, ΔW₂⟩ ÷ (‖ΔW₁‖·‖ΔW₂‖): 0 where they change different things, 1 where they are of one direction, −1 where one undoes the other.`,
      ],
      chart: {
        scene: heatMapScene(cells),
        about: `Cosine of the changes of ${one} and ${other} by layer and target`,
      },
    };
  });
}
