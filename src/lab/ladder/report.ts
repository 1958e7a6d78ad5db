import { shareOf } from '../../data/metric.ts';
import { type Criterion, criterionName } from '../criterion.ts';
import { counted, percent } from '../figures.ts';
import type { LabReport, Section } from '../report.ts';
import { bootstrapInterval, pairedTest } from '../statistics.ts';
import type { KeptRung, Skipped } from './climb.ts';
import { VOTERS } from './kinds.ts';
import { MOST_STATES, meanLoss } from './measure.ts';
import { BY, goodEnough, type HeldOutKinds, type Part, partsOf } from './parts.ts';
import { bestOf, probability, type Recommendation, recommend } from './recommend.ts';
import { rungOf } from './rungs.ts';
import { SEARCH_NAMES, type SearchName } from './search.ts';

/** A rung as `report.json` and `--json` have it; what cannot be known is null. */
export interface ReportedRung {
  name: string;
  k: number | null;
  /** How what stands in its prompts was found; null where nothing was searched. */
  search: SearchName | null;
  /** In [0, 1]. */
  metric: number;
  interval: [number, number];
  /** Beside the base; null of the base itself and where it was not measured. */
  p_value: number | null;
  loss: number | null;
  prompt_tokens: number;
  answer_seconds: number;
  train_seconds: number | null;
  memory_bytes: number | null;
  elsewhere_before: number | null;
  elsewhere_after: number | null;
  /** Numbers of things in the prompt, and searches, that training rows chose from. */
  tried: KeptRung['tried'];
  /** Rows whose prompt had no room for k things, and those that had none for an answer and count as wrong. */
  with_fewer: number;
  unanswered: number;
  /** Texts to search, where they were too many for the model to read. */
  unread: number | null;
  /** Of one adapter for each part; else null. */
  adapters: NonNullable<KeptRung['adapters']> | null;
}

export interface LadderResult {
  rungs: ReportedRung[];
  recommendation: Recommendation;
  skipped: Skipped[];
  /** Of the best rung where none is good enough, the worst first; else empty. */
  parts: Part[];
  parts_rung: string | null;
}

/** @param apart what it is judged by, and the kinds of the held-out questions where they were found */
export function ladderResult(
  measured: readonly KeptRung[],
  skipped: Skipped[],
  seed: number,
  apart?: { metric: Criterion; kinds: HeldOutKinds | null },
): LadderResult {
  const base = measured.find(({ name }) => name === 'base');
  const best = apart && !goodEnough(measured, apart.metric) ? bestOf(measured) : null;
  return {
    parts: best && apart ? partsOf(best.rows, apart.kinds, seed) : [],
    parts_rung: best?.name ?? null,
    rungs: measured.map((rung) => reported(rung, base ?? null, seed)),
    recommendation: recommend(measured, seed),
    skipped,
  };
}

function reported(rung: KeptRung, base: KeptRung | null, seed: number): ReportedRung {
  const { rows } = rung;
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + of(row), 0);
  return {
    ...{ name: rung.name, k: rung.k, search: rung.search ?? null },
    ...{ metric: shareOf(rows), interval: bootstrapInterval(rows, seed) },
    p_value: base === null || base === rung ? null : pairedTest(rows, base.rows, seed),
    loss: meanLoss(rows),
    prompt_tokens: sum(({ prompt_tokens }) => prompt_tokens) / rows.length,
    answer_seconds: rung.seconds / rows.length,
    train_seconds: rung.train_seconds ?? null,
    memory_bytes: rung.memory_bytes ?? null,
    elsewhere_before: rung.elsewhere_before ?? null,
    elsewhere_after: rung.elsewhere_after ?? null,
    tried: rung.tried,
    with_fewer: rows.filter(({ fewer }) => fewer !== undefined).length,
    unanswered: rows.filter(({ answer }) => answer === null).length,
    unread: rung.unread ?? null,
    adapters: rung.adapters ?? null,
  };
}

/** What the report says beside the rungs. */
export interface LadderAbout {
  metric: Criterion;
  heldOut: number;
  removed: { rows: number; passages: number };
}

/** Parts that are shown. */
const MOST_PARTS = 20;
/** Held-out rows whose answers are shown. */
const SHOWN = 12;

/** What a person reads of a ladder: its finding, the table, how k was chosen, answers to the first rows. */
export function ladderSections(
  { rungs, recommendation, skipped, parts, parts_rung }: LadderResult,
  measured: readonly KeptRung[],
  about: LadderAbout,
): Pick<LabReport, 'title' | 'findings' | 'sections'> {
  const label = (name: string) => rungOf(name as KeptRung['name']).label;
  const { removed, heldOut } = about;
  const notes = [
    `${criterionName(about.metric)} on ${counted(heldOut, 'held-out row')}, answered greedily and side by side, so that the seconds for an answer are those of all divided by their number. The interval is a 95 % bootstrap over rows; p is that of a paired sign-flip test beside the base.`,
    `No held-out row is shown, searched or trained on: left out were ${counted(removed.rows, 'training row')} that asked what one of them asks, and ${counted(removed.passages, 'passage')} in which one stood.`,
    ...skipped.map(({ name, reason }) => `${label(name)} was not measured: ${reason}.`),
    ...rungs.flatMap(({ name, with_fewer, unanswered, unread }) => [
      ...(unread !== null
        ? [
            `${label(name)}: ${unread} texts are more than the ${MOST_STATES} that the model reads, so that they were searched by words alone.`,
          ]
        : []),
      ...(with_fewer > 0
        ? [`${label(name)}: ${counted(with_fewer, 'row')} had no room for so many in the prompt.`]
        : []),
      ...(unanswered > 0
        ? [`${label(name)}: ${counted(unanswered, 'row')} left no room for an answer, which counts as wrong.`]
        : []),
    ]),
  ];
  const tried = rungs.flatMap(({ name, tried: all }) =>
    all.map(({ k, search, metric }) => [label(name), searchName(search), String(k), percent(metric)]),
  );
  return {
    title: 'The ladder',
    findings: [recommendation.reason],
    sections: [
      { title: 'Rungs', text: notes, table: rungTable(rungs, label) },
      ...(tried.length === 0
        ? []
        : [
            {
              title: 'How many in the prompt, and how they are found',
              text: [
                'Chosen on training rows alone, the fewest of those that do best. BM25 goes by words, States by the cosine between the means of a hidden layer of the base.',
              ],
              table: {
                columns: [
                  { name: 'Rung' },
                  { name: 'Found by' },
                  { name: 'k', number: true },
                  { name: 'Training rows', number: true },
                ],
                rows: tried,
              },
            },
          ]),
      ...partsSections(parts, parts_rung && label(parts_rung)),
      ...adaptersSections(rungs, label),
      answersSection(measured, label),
    ],
  };
}

/** Where the best rung goes wrong. */
function partsSections(parts: readonly Part[], rung: string | null): Section[] {
  if (parts.length === 0 || rung === null) return [];
  const left = parts.length - MOST_PARTS;
  return [
    {
      title: 'Taken apart',
      text: [
        `No rung is good enough. ${rung}, the best, by label, field, kind and length of question as far as the rows have them, the worst part first. A kind is known by words that its questions have and others have less. --apart trains one adapter for each kind.`,
        ...(left > 0 ? [`${counted(left, 'better part')} ${left === 1 ? 'is' : 'are'} in report.json.`] : []),
      ],
      table: {
        columns: [
          { name: 'By' },
          { name: 'Part' },
          ...['Rows', 'Right', '95 % interval'].map((name) => ({ name, number: true })),
        ],
        rows: parts
          .slice(0, MOST_PARTS)
          .map(({ by, part, rows, metric, interval: [from, to] }) => [
            BY[by],
            part,
            String(rows),
            percent(metric),
            `${percent(from)} to ${percent(to)}`,
          ]),
      },
    },
  ];
}

/** What each adapter of a rung was trained on. */
function adaptersSections(rungs: readonly ReportedRung[], label: (name: string) => string): Section[] {
  return rungs.flatMap(({ name, adapters }) =>
    adapters === null
      ? []
      : [
          {
            title: label(name),
            text: [
              `Each was trained on the questions of one kind, with the settings of the ladder. A held-out question goes to the adapter that most of the ${VOTERS} training questions nearest to it are for. Seconds of training are those of all, memory is that of the largest, and the loss on general rows the mean of theirs.`,
            ],
            table: {
              columns: [
                { name: 'Kind' },
                { name: 'Training questions', number: true },
                { name: 'Held-out questions', number: true },
              ],
              rows: adapters.map(({ kind, training, heldOut }) => [kind, String(training), String(heldOut)]),
            },
          },
        ],
  );
}

function rungTable(rungs: readonly ReportedRung[], label: (name: string) => string): Section['table'] {
  const number = (name: string) => ({ name, number: true });
  const fixed = (value: number | null, digits: number) => value?.toFixed(digits) ?? null;
  return {
    columns: [
      { name: 'Rung' },
      { name: 'Found by' },
      ...['k', 'Right', '95 % interval', 'p beside base', 'Loss', 'Prompt tokens', 'Seconds an answer'].map(
        number,
      ),
      ...['Training, s', 'Training, MB', 'General loss'].map(number),
    ],
    rows: rungs.map((rung) => [
      label(rung.name),
      searchName(rung.search),
      rung.k?.toString() ?? null,
      percent(rung.metric),
      `${percent(rung.interval[0])} to ${percent(rung.interval[1])}`,
      rung.p_value === null ? null : probability(rung.p_value),
      fixed(rung.loss, 3),
      fixed(rung.prompt_tokens, 1),
      fixed(rung.answer_seconds, 3),
      fixed(rung.train_seconds, 1),
      rung.memory_bytes === null ? null : (rung.memory_bytes / 1e6).toFixed(1),
      rung.elsewhere_after === null
        ? null
        : `${fixed(rung.elsewhere_before, 3) ?? '–'} → ${fixed(rung.elsewhere_after, 3)}`,
    ]),
  };
}

function answersSection(measured: readonly KeptRung[], label: (name: string) => string): Section {
  const shown = measured[0].rows.slice(0, SHOWN);
  return {
    title: 'Answers',
    text: [`To the first ${shown.length} held-out rows.`],
    table: {
      columns: [
        { name: 'Asked' },
        { name: 'Right answer' },
        ...measured.map(({ name }) => ({ name: label(name) })),
      ],
      rows: shown.map(({ prompt, reference }, i) => [
        prompt,
        reference,
        ...measured.map(({ rows }) => rows[i]?.answer ?? null),
      ]),
    },
  };
}

function searchName(search: SearchName | null | undefined): string | null {
  return search ? SEARCH_NAMES[search] : null;
}
