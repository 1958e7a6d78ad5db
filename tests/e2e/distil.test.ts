import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';

/** `npm run distil` from the bundled model, tuned, into its own first layers. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SAMPLES = projectFile('public/samples/ladder');
const [data, heldOut] = [join(SAMPLES, 'form.jsonl'), join(SAMPLES, 'form-held-out.jsonl')];
const [teacher, student, prompts] = ['teacher', 'student', 'prompts.jsonl'].map((name) => join(folder, name));
const cpu = ['--device', 'wasm', '--json'];

interface Report {
  table: {
    who: string;
    metric: number;
    interval: [number, number];
    parameters: number;
    tokens_per_second: number;
    trained_on: number | null;
  }[];
  gain: { metric: number; interval: [number, number]; p_value: number };
  rows_made: number;
  rows_kept: number;
  dropped: Record<string, number>;
  objective: string;
  answers_only: string | null;
  rows: { training: number; held_out: number; removed: number };
  steps: number;
  command: string;
}

const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Sentences about people who are in none of the sample's rows. */
const questions: string[] = lines(join(SAMPLES, 'form-questions.jsonl')).map(({ prompt }) => prompt);

async function distil(flags: string[], out: string) {
  const finished = await lowrank(['distil', ...flags, ...cpu, '--out', join(folder, out)]);
  expect(finished.status, finished.stderr).toBe(0);
  return { report: JSON.parse(finished.stdout) as Report, stderr: finished.stderr };
}

beforeAll(async () => {
  const train = ['train', '--model', 'bundled', '--data', data, '--epochs', '10', '--out', teacher, ...cpu];
  expect((await lowrank(train)).status).toBe(0);
  const stack = ['stack', '--model', 'bundled', '--slices', '0-2', '--out', student, '--json'];
  expect((await lowrank(stack)).status).toBe(0);
  const [held] = lines(heldOut);
  const asked = [...questions.slice(0, 60), held.messages[0].content];
  writeFileSync(prompts, asked.map((prompt) => `${JSON.stringify({ prompt })}\n`).join(''));
});

describe('a teacher’s answers', () => {
  const models = ['--teacher', 'bundled', '--student', student];
  const rows = ['--data', data, '--eval-data', heldOut];
  const flags = [
    ...[...models, '--teacher-adapter', teacher, ...rows, '--prompts', prompts],
    ...['--epochs', '2', '--targets', 'all', '--lr', '2e-3'],
  ];

  test('become rows for a student, which is measured beside the teacher; a kill costs no stage', async () => {
    const out = join(folder, 'own');
    const kill = async (when: RegExp) => {
      let killed = false;
      await lowrank(['distil', ...flags, '--device', 'wasm', '--out', out, '--resume'], {
        onError(text, signal) {
          if (killed || !when.test(text)) return;
          killed = true;
          signal('SIGKILL');
        },
      });
      expect(killed).toBe(true);
    };
    await kill(/^The teacher has answered \d+ of 61 questions\./m);
    await kill(/^Student on the rows and those made: .*step 1\//m);
    expect(existsSync(join(out, 'report.json'))).toBe(false);
    const { report, stderr } = await distil([...flags, '--resume'], 'own');
    expect(stderr).not.toMatch('The teacher has answered');
    expect(stderr).toMatch('Student on the rows alone: Measured already: tuned.');

    expect(report.table.map(({ who }) => who)).toEqual(['teacher', 'student-small', 'student-larger']);
    const [ofTeacher, small, larger] = report.table;
    expect(ofTeacher.metric).toBeGreaterThan(0.6);
    expect(larger.parameters).toBe(small.parameters);
    expect(larger.parameters).toBeLessThan(0.65 * ofTeacher.parameters);
    for (const { tokens_per_second } of report.table) expect(tokens_per_second).toBeGreaterThan(0);
    expect(report.gain.metric).toBeCloseTo(larger.metric - small.metric);
    expect(report.objective).toBe('distil');
    expect(report.rows).toEqual({ training: 36, held_out: 24, removed: 0 });
    expect(report.rows_made).toBe(61);
    expect(report.dropped.near_held_out).toBeGreaterThan(0);
    const dropped = Object.values(report.dropped).reduce((sum, count) => sum + count, 0);
    expect(report.rows_kept + dropped).toBe(report.rows_made);
    expect([small.trained_on, larger.trained_on]).toEqual([36, 36 + report.rows_kept]);
    const made = lines(join(out, 'made.jsonl'));
    expect(made).toHaveLength(report.rows_kept);
    expect(made[0]).toEqual({ prompt: questions[0], completion: expect.stringMatching(/\w/) });
    const held = new Set(lines(heldOut).map(({ messages }) => messages[0].content));
    for (const { prompt } of lines(join(out, 'all.jsonl'))) expect(held.has(prompt)).toBe(false);
    expect(lines(join(out, 'left-out.jsonl')).map(({ reason }) => reason)).toContain('near_held_out');
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Student on the rows and those made');
    expect(report.command).toMatch(/^npm run --silent distil -- --teacher bundled --student /);

    const other = await lowrank(['distil', ...flags, ...cpu, '--out', out, '--resume', '--rows', '5']);
    expect(other.status).toBe(2);
    expect(other.lastLine).toMatch(/^--resume: --out holds another distillation: --rows differs/);
  });

  test('are given to questions that it writes itself, and held-out rows are split off', async () => {
    const { report } = await distil(
      [
        ...models,
        '--data',
        projectFile('public/samples/pirate.jsonl'),
        '--rows',
        '8',
        '--steps',
        '2',
        '--objective',
        'sft',
      ],
      'written',
    );
    expect(report.rows.held_out).toBeGreaterThan(5);
    expect(report.rows_made).toBeGreaterThanOrEqual(8);
    expect(report.rows_kept).toBeGreaterThan(0);
    expect(report).toMatchObject({
      objective: 'sft',
      steps: 2,
      answers_only: '--objective sft asks for that.',
    });
    const [first] = lines(join(folder, 'written', 'made.jsonl'));
    expect(first.prompt.length).toBeGreaterThan(3);
  });

  test('what does not fit is refused by its flag', async () => {
    for (const [wrong, sentence] of [
      [[...models.slice(0, 2), '--student', join(folder, 'gone'), ...rows], '--student: there is no folder'],
      [[...models, ...rows, '--rows', '0'], '--rows: must be at least 1.'],
      [[...models, ...rows, '--objective', 'dpo'], '--objective: must be one of distil, sft.'],
      [[...models, ...rows, '--prompts', join(folder, 'gone')], '--prompts: there is no file'],
      [
        [...models, ...rows, '--teacher-adapter', join(folder, 'gone')],
        '--teacher-adapter: there is no folder',
      ],
    ] as const) {
      const refused = await lowrank(['distil', ...wrong, ...cpu, '--out', join(folder, 'none')]);
      expect(refused.lastLine).toMatch(sentence);
      expect(refused.status).toBe(2);
    }
  });
});
