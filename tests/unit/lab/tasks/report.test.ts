import { describe, expect, test } from 'vitest';
import { reportHtml } from '../../../../src/lab/report.ts';
import { strategyLabel } from '../../../../src/lab/tasks/findings.ts';
import { tasksSections } from '../../../../src/lab/tasks/report.ts';
import { ABOUT, done, FORGOTTEN, resultOf } from './measured.ts';

const sectionsOf = (seeds: Parameters<typeof resultOf>[0], about = ABOUT, more = {}) =>
  tasksSections(resultOf(seeds, more), { ...about, seeds: seeds.map((_, seed) => seed) });

describe('what a person reads', () => {
  const { title, findings, sections } = sectionsOf([FORGOTTEN]);
  const section = (name: RegExp) => sections.find((one) => name.test(one.title))!;

  test('first what is best, then what was forgotten and what lessened it', () => {
    expect(title).toBe('Several tasks: a and b');
    expect(findings[0]).toBe(
      'The best mean over the tasks is 87.5 %: together (a 85.0 %, b 90.0 %). Adapters apart, each on its own task, come to 92.5 %.',
    );
    expect(findings[1]).toMatch(
      /^One after another: a stood at 90\.0 % right after it was learned and at 10\.0 % at the end: it forgot 80\.0 points \(60\.0 to 95\.0 over rows\)\.$/,
    );
    expect(findings[2]).toMatch(
      /^One after another, in reverse: b stood at 95\.0 % .* at 15\.0 % at the end/,
    );
    expect(findings[3]).toMatch(/^Together: in the mean over the tasks 35\.0 points above one after another/);
  });

  test('what does not hold is said', () => {
    expect(findings[4]).toMatch(
      /^Apart, then merged by sum: in the mean over the tasks 40\.0 points below one after another/,
    );
    const [, forgotten] = sectionsOf([{ ...FORGOTTEN, 'a,b': done([17, 19]) }]).findings;
    expect(forgotten).toMatch(/a difference of 5\.0 points .*, which is not measurable here\.$/);
    const [, better] = sectionsOf([{ ...FORGOTTEN, a: done([8, 0]), 'a,b': done([18, 19]) }]).findings;
    expect(better).toMatch(/what came after made it better by 50\.0 points/);
  });

  test('what seeds do not agree on is not measurable, however sure the rows are', () => {
    const other = { ...FORGOTTEN, 'a,b': done([12, 19]) };
    const two = sectionsOf([FORGOTTEN, other]);
    expect(two.findings[1]).toMatch(/over seeds\), which is not measurable here\.$/);
    expect(two.sections.map((one) => one.title)).toContain('Seed by seed');
  });

  test('a table of tasks and strategies, of forgetting, of each beside the sequence, and of the rows', () => {
    const table = section(/^Tasks and strategies/).table!;
    expect(table.columns.map(({ name }) => name)).toEqual([
      ...['Strategy', 'a', 'b', 'Mean', 'General loss', 'Steps', 'Seconds'],
    ]);
    expect(table.rows.map(([name]) => name)).toEqual([
      ...['Base', 'Together', 'One after another', 'One after another, in reverse'],
      ...['Apart, each task its own adapter', 'Apart, then merged by sum'],
    ]);
    expect(table.rows[1][1]).toMatch(/^85\.0 % \(70\.0 to 100\.0\)$/);
    expect(section(/^Forgetting/).table!.rows).toHaveLength(4);
    expect(section(/^Beside learning/).table!.rows.map(([name, task]) => [name, task])).toContainEqual([
      ...['Together', 'mean of all'],
    ]);
    expect(section(/^Merges/).table!.rows).toEqual([['Apart, then merged by sum', '0.5', '10.0 %']]);
    expect(section(/^Rows/).table!.rows[0]).toEqual(['a', 'Answers right', '40', '1', '20', '50.0 %', '4']);
  });

  test('a map of the cosines of each pair, and a sentence of it', () => {
    expect(section(/^How alike the changes of a and b are/).chart!.scene.lines).toHaveLength(2);
    expect(findings.at(-1)).toBe(
      'The changes of a and b have a cosine of −0.10 in the mean over the weights (−0.30 to 0.10).',
    );
    const without = sectionsOf([FORGOTTEN], {
      ...ABOUT,
      cosines: null,
      why_no_cosines: 'None was trained apart.',
    });
    expect(without.sections.at(-1)).toMatchObject({ text: ['None was trained apart.'] });
  });

  test('what is replayed, what had no room and what was not asked are told', () => {
    const about = {
      ...ABOUT,
      ...{ replay: { name: 'general.jsonl', share: 0.05, rows: 25, removed: 2 }, unanswered: 1 },
      tasks: ABOUT.tasks.map((task) => ({ ...task, without_question: 3 })),
    };
    const text = sectionsOf([FORGOTTEN], about)
      .sections.find((one) => one.title === 'Rows')!
      .text!.join(' ');
    expect(text).toContain(
      '5.0 % of the rows of every training are replayed from general.jsonl (25 rows; left out were 2',
    );
    expect(text).toContain('1 held-out row left no room for an answer');
    expect(text).toContain('a: 3 held-out rows without a question');
  });

  test('what a reduction took and brought', () => {
    const reduced = (intruders: number) => done([5, 18], { intruders }, 0.15);
    const jobs = { ...FORGOTTEN, 'a,b+reduced': reduced(7) };
    const more = { strategies: ['sequence'], reduce: true };
    expect(sectionsOf([jobs], ABOUT, more).findings).toContain(
      'One after another, with 7 intruder dimensions reduced: a 10.0 % → 25.0 %, b 95.0 % → 90.0 %; general loss 0.400 → 0.150.',
    );
    const none = sectionsOf([{ ...jobs, 'a,b+reduced': reduced(0) }], ABOUT, more);
    expect(none.findings).toContain('One after another: no intruder dimension was found.');
  });

  test('the whole is one file', () => {
    const html = reportHtml({
      ...{ title, findings, sections, settings: [], seeds: { split: 0 }, versions: {}, command: 'npm run' },
      created: '2026-12-01T00:00:00.000Z',
    });
    expect(html).toContain('<svg');
    expect(html).toContain('One after another, in reverse');
  });
});

test('a strategy has a name for people', () => {
  expect(['merge-dare-ties', 'sequence+reduced', 'together'].map(strategyLabel)).toEqual([
    ...['Apart, then merged by dare-ties', 'One after another, intruders reduced', 'Together'],
  ]);
});
