import { type Judged, shareOf } from '../../data/metric.ts';
import { type Criterion, criterionName } from '../criterion.ts';
import { counted, percent } from '../figures.ts';
import type { LabReport, Section } from '../report.ts';
import { bootstrapDifference, bootstrapInterval, pairedTest, SIGNIFICANT } from '../statistics.ts';
import type { MadeRows } from './made.ts';
import { REASONS, type Reason } from './sieve.ts';

/** A teacher and its student, each way that the student was trained. */
export const WHO = {
  teacher: 'Teacher',
  'student-small': 'Student on the rows alone',
  'student-larger': 'Student on the rows and those made',
} as const;

/** What one of them came to on the held-out rows. */
export interface Contender {
  who: keyof typeof WHO;
  rows: Judged[];
  loss: number | null;
  /** Of the base, without an adapter. */
  parameters: number;
  tokens_per_second: number | null;
  /** Rows that it was trained on here; null of a teacher. */
  trained_on: number | null;
  train_seconds: number | null;
  memory_bytes: number | null;
}

export interface TableRow extends Omit<Contender, 'rows'> {
  metric: number;
  /** 95 %, by bootstrap over rows. */
  interval: [number, number];
}

/** What the made rows brought: the student on all rows beside the student on the small set, row by row. */
export interface Gain {
  metric: number;
  interval: [number, number];
  p_value: number;
}

export interface DistilResult extends Pick<MadeRows, 'dropped'> {
  table: TableRow[];
  gain: Gain;
  rows_made: number;
  rows_kept: number;
  /** What the student minimised on all rows: with the teacher's probabilities, or its answers alone. */
  objective: string;
}

export function tableRows(contenders: readonly Contender[], seed: number): TableRow[] {
  return contenders.map(({ rows, ...one }) => ({
    ...one,
    metric: shareOf(rows),
    interval: bootstrapInterval(rows, seed),
  }));
}

export function distilResult(
  contenders: readonly Contender[],
  { kept, left, dropped }: MadeRows,
  { objective, seed }: { objective: string; seed: number },
): DistilResult {
  const of = (who: Contender['who']) => contenders.find((one) => one.who === who)!.rows;
  const [small, larger] = [of('student-small'), of('student-larger')];
  return {
    table: tableRows(contenders, seed),
    gain: {
      metric: shareOf(larger) - shareOf(small),
      interval: bootstrapDifference([{ a: larger, b: small }], seed),
      p_value: pairedTest(larger, small, seed),
    },
    ...{ rows_made: kept.length + left.length, rows_kept: kept.length, dropped, objective },
  };
}

/** What the report says beside the figures. */
export interface DistilAbout {
  metric: Criterion;
  heldOut: number;
  /** Training rows that asked what a held-out row asks. */
  removed: number;
  steps: number;
  /** Why the student has not the teacher's probabilities, where it has not. */
  answersOnly: string | null;
  made: MadeRows;
}

/** Made rows that are shown. */
const SHOWN = 12;

/** What a person reads of a distillation: whether it helped, the table, what was made of how much. */
export function distilSections(
  result: DistilResult,
  { metric, heldOut, removed, steps, answersOnly, made }: DistilAbout,
): Pick<LabReport, 'title' | 'findings' | 'sections'> {
  const { table, rows_made, rows_kept, dropped } = result;
  const [teacher, small, larger] = (['teacher', 'student-small', 'student-larger'] as const).map(
    (name) => table.find(({ who }) => who === name)!,
  );
  return {
    title: 'Distillation',
    findings: [gainFinding(result, small, larger, heldOut), sizeFinding(teacher, larger)],
    sections: [
      {
        title: 'Teacher and student',
        text: [
          `${criterionName(metric)} on the same ${counted(heldOut, 'held-out row')}, answered greedily and side by side, with a 95 % bootstrap interval over rows. Both students were trained for ${counted(steps, 'step')} with the same settings, so that the one with fewer rows saw each more often. Tokens a second are those of answers of 32 tokens side by side, by the student without its adapter; they depend on what else the machine did.`,
          answersOnly === null
            ? 'On all rows the student learned the teacher’s probabilities of each token beside the answers.'
            : `On all rows the student learned from answers alone: ${answersOnly}`,
          ...(removed > 0
            ? [
                `${counted(removed, 'row')} that asked what a held-out row asks ${removed === 1 ? 'was' : 'were'} left out.`,
              ]
            : []),
        ],
        table: contenderTable(table),
      },
      {
        title: 'Made rows',
        text: [
          `Of ${counted(rows_made, 'question')} that the teacher was to answer, ${counted(rows_kept, 'row')} ${rows_kept === 1 ? 'was' : 'were'} kept, in made.jsonl; what was not is in left-out.jsonl, with the reason.`,
        ],
        table: {
          columns: [{ name: 'Left out, since' }, { name: 'Rows', number: true }],
          rows: reasonCounts(dropped).map(([words, count]) => [words, String(count)]),
        },
      },
      ...madeSection(made),
    ],
  };
}

/** How many were left out for each reason, in words; what only a person does is told where one did it. */
export function reasonCounts(dropped: MadeRows['dropped']): [words: string, count: number][] {
  return (Object.keys(REASONS) as Reason[]).flatMap((reason) => {
    const count = dropped[reason];
    return count === undefined ? [] : [[REASONS[reason], count]];
  });
}

function gainFinding(
  { gain, rows_kept }: DistilResult,
  small: TableRow,
  larger: TableRow,
  heldOut: number,
): string {
  const figures = `With ${counted(rows_kept, 'made row')} the student comes to ${percent(larger.metric)} on ${counted(heldOut, 'held-out row')}, without them to ${percent(small.metric)}`;
  const points = `${signed(gain.metric)} points, 95 % from ${signed(gain.interval[0])} to ${signed(gain.interval[1])}, p ${gain.p_value < 0.001 ? '< 0.001' : gain.p_value.toFixed(3)}`;
  if (gain.p_value >= SIGNIFICANT)
    return `${figures}: no measurable difference (${points}). With more held-out rows a smaller one would be.`;
  return gain.metric > 0
    ? `${figures}: the made rows help (${points}).`
    : `${figures}: the made rows harm (${points}).`;
}

function sizeFinding(teacher: TableRow, student: TableRow): string {
  const size = `The student has ${percent(student.parameters / teacher.parameters)} of the teacher’s parameters`;
  const { tokens_per_second: theirs } = teacher;
  const { tokens_per_second: ours } = student;
  const speed =
    theirs === null || ours === null
      ? ''
      : ` and makes ${(ours / theirs).toFixed(2)} times as many tokens a second`;
  return `${size}${speed}; the teacher itself comes to ${percent(teacher.metric)}.`;
}

function contenderTable(table: readonly TableRow[]): Section['table'] {
  const number = (name: string) => ({ name, number: true });
  return {
    columns: [
      { name: 'Who' },
      ...['Right', '95 % interval', 'Loss', 'Parameters', 'Tokens/s', 'Trained on', 'Training, s'].map(
        number,
      ),
      number('Training, MB'),
    ],
    rows: table.map((one) => [
      WHO[one.who],
      percent(one.metric),
      `${percent(one.interval[0])} to ${percent(one.interval[1])}`,
      one.loss?.toFixed(3) ?? null,
      new Intl.NumberFormat('en').format(one.parameters),
      one.tokens_per_second?.toFixed(0) ?? null,
      one.trained_on === null ? null : counted(one.trained_on, 'row'),
      one.train_seconds?.toFixed(1) ?? null,
      one.memory_bytes === null ? null : (one.memory_bytes / 1e6).toFixed(1),
    ]),
  };
}

function madeSection({ kept }: MadeRows): Section[] {
  if (kept.length === 0) return [];
  return [
    {
      title: 'The first of them',
      table: {
        columns: [{ name: 'Asked' }, { name: 'The teacher’s answer' }],
        rows: kept
          .slice(0, SHOWN)
          .map(({ turns, answer }) => [turns.findLast(({ role }) => role === 'user')?.content ?? '', answer]),
      },
    },
  ];
}

function signed(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)}`;
}
