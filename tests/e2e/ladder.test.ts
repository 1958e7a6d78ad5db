import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';

/** `npm run ladder` on tasks of the bundled model, each whole. */

const SAMPLES = projectFile('public/samples');
const OF_LADDER = join(SAMPLES, 'ladder');

interface Report {
  rungs: {
    name: string;
    metric: number;
    interval: [number, number];
    p_value: number | null;
    loss: number;
    train_seconds: number | null;
    memory_bytes: number | null;
    elsewhere_before: number | null;
    elsewhere_after: number | null;
    adapters: { kind: string; training: number; heldOut: number }[] | null;
  }[];
  parts: { by: string; part: string; rows: number; metric: number; interval: [number, number] }[];
  recommendation: { rung: string; decides: string | null; reason: string };
  skipped: { name: string; reason: string }[];
  rows: { held_out: number; training: number; removed: { rows: number; passages: number } };
  command: string;
}

async function ladder(flags: string[], out = temporaryFolder()) {
  const finished = await lowrank(['ladder', '--model', 'bundled', ...flags, '--out', out, '--json']);
  expect(finished.status, finished.stderr).toBe(0);
  const report: Report = JSON.parse(finished.stdout);
  const metrics = Object.fromEntries(report.rungs.map(({ name, metric }) => [name, metric]));
  return { out, report, metrics, stderr: finished.stderr };
}

/** Sends a signal where standard error first says so: later there may be nobody to send it to. */
function once(when: RegExp, signal: NodeJS.Signals, also = () => true) {
  let sent = false;
  return (text: string, interrupt: (signal: NodeJS.Signals) => void) => {
    if (sent || !when.test(text) || !also()) return;
    sent = true;
    interrupt(signal);
  };
}

const facts = [
  ...['--data', join(OF_LADDER, 'facts.jsonl'), '--eval-data', join(OF_LADDER, 'facts-held-out.jsonl')],
  ...['--documents', join(OF_LADDER, 'facts-documents')],
];

describe('the ladder says what decides a task', () => {
  test('facts: search finds them, and training cannot know them', async () => {
    const { out, report, metrics } = await ladder(facts);
    expect(report.recommendation).toMatchObject({ rung: 'documents', decides: 'facts' });
    expect(report.skipped).toEqual([]);
    expect(report.rungs).toHaveLength(7);
    expect(metrics.documents).toBeGreaterThan(0.7);
    expect(metrics.tuned).toBeLessThan(0.3);
    for (const rung of report.rungs) {
      expect(rung.interval[0]).toBeLessThanOrEqual(rung.metric);
      expect(rung.interval[1]).toBeGreaterThanOrEqual(rung.metric);
      const trained = rung.name.startsWith('tuned');
      for (const figure of [
        rung.train_seconds,
        rung.memory_bytes,
        rung.elsewhere_before,
        rung.elsewhere_after,
      ])
        if (trained) expect(figure).toBeGreaterThan(0);
        else expect(figure).toBeNull();
    }
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(report);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Facts decide here');
    expect(readdirSync(join(out, 'adapter')).sort()).toEqual([
      ...['README.md', 'adapter_config.json', 'adapter_model.safetensors', 'run.json', 'training.json'],
    ]);
    expect(report.command).toMatch(/^npm run --silent ladder -- --model bundled --data /);
  });

  test('form: training learns it, and search has nothing to find', async () => {
    const { report, metrics } = await ladder([
      ...['--data', join(OF_LADDER, 'form.jsonl'), '--eval-data', join(OF_LADDER, 'form-held-out.jsonl')],
      ...['--epochs', '10'],
    ]);
    expect(report.recommendation).toMatchObject({ rung: 'tuned', decides: 'form' });
    expect(report.skipped.map(({ name }) => name)).toEqual(['prompt', 'documents']);
    expect(metrics.tuned).toBeGreaterThan(0.6);
    expect(metrics.retrieval).toBeLessThan(0.3);
  });

  test.each(['classify', 'extract', 'pirate'])(
    'the sample %s: training helps measurably, and the base alone is not enough',
    async (name) => {
      const folder = temporaryFolder();
      const lines = readFileSync(join(SAMPLES, `${name}.jsonl`), 'utf8')
        .trim()
        .split('\n');
      const [data, held] = [join(folder, 'train.jsonl'), join(folder, 'held-out.jsonl')];
      writeFileSync(held, `${lines.slice(0, 30).join('\n')}\n`);
      // One of them is in the training rows too.
      writeFileSync(data, `${lines.slice(29).join('\n')}\n`);
      const { report } = await ladder(['--data', data, '--eval-data', held]);
      expect(report.rows).toEqual({
        held_out: 30,
        training: lines.length - 30,
        removed: { rows: 1, passages: 0 },
      });
      expect(report.rungs.find((rung) => rung.name === 'tuned')?.p_value).toBeLessThan(0.05);
      expect(report.recommendation.rung).not.toBe('base');
    },
  );
});

describe('a ladder that is taken apart', () => {
  const folder = temporaryFolder();
  const lines = (path: string) => readFileSync(join(SAMPLES, path), 'utf8').trim().split('\n');
  const [form, classify] = [lines('ladder/form.jsonl'), lines('classify.jsonl')];
  const [data, held] = [join(folder, 'train.jsonl'), join(folder, 'held-out.jsonl')];
  writeFileSync(held, `${[...form.slice(24), ...classify.slice(0, 12)].join('\n')}\n`);
  writeFileSync(data, `${[...form.slice(0, 24), ...classify.slice(12, 48)].join('\n')}\n`);
  const two = ['--data', data, '--eval-data', held, '--rungs', 'base,apart', '--checkpoint-every', '5'];

  test('trains an adapter for each kind of question, one after the other, and goes on where it was killed', async () => {
    const out = temporaryFolder();
    const checkpoints = join(out, 'apart/2/checkpoints');
    await lowrank(['ladder', '--model', 'bundled', ...two, '--out', out, '--resume'], {
      onError: once(
        /step \d+\//,
        'SIGKILL',
        () => existsSync(checkpoints) && readdirSync(checkpoints).length > 0,
      ),
    });
    expect(existsSync(join(out, 'apart/1/training.json'))).toBe(true);
    expect(existsSync(join(out, 'report.json'))).toBe(false);
    const first = statSync(join(out, 'apart/1/training.json')).mtimeMs;
    const { report, stderr, metrics } = await ladder([...two, '--resume'], out);
    expect(stderr).toMatch('Measured already: base.');
    expect(stderr).toMatch(/Adapter 2 of \d, for /);
    expect(stderr).not.toMatch(/Adapter 1 of/);
    expect(stderr).toMatch(/Resuming the training after step \d+\./);
    expect(statSync(join(out, 'apart/1/training.json')).mtimeMs).toBe(first);
    const [, apart] = report.rungs;
    expect(apart).toMatchObject({ name: 'apart', train_seconds: expect.any(Number) });
    expect(metrics.apart).toBeGreaterThanOrEqual(metrics.base);
    const sum = (key: 'training' | 'heldOut') => apart.adapters?.reduce((all, one) => all + one[key], 0);
    expect([sum('training'), sum('heldOut')]).toEqual([60, 24]);
    expect(report.parts.length).toBeGreaterThan(3);
    expect(report.parts.map(({ by }) => by)).toContain('kind');
    report.parts.forEach(({ metric }, i) => {
      if (i > 0) expect(metric).toBeGreaterThanOrEqual(report.parts[i - 1].metric);
    });
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    for (const part of ['Taken apart', 'One adapter for each part', 'Kind of question'])
      expect(html).toContain(part);
  });
});

describe('a ladder that is killed', () => {
  const some = [...facts, '--rungs', 'base,documents,tuned', '--checkpoint-every', '5', '--device', 'wasm'];

  test('keeps each measured rung, takes up the training, and says the same in the end', async () => {
    const whole = await ladder(some);
    const out = temporaryFolder();
    const kill = (when: RegExp, also?: () => boolean) =>
      lowrank(['ladder', '--model', 'bundled', ...some, '--out', out, '--resume'], {
        onError: once(when, 'SIGKILL', also),
      });
    await kill(/^Base: \d/m);
    expect(readdirSync(join(out, 'rungs'))).toEqual(['base.json']);
    const base = statSync(join(out, 'rungs/base.json')).mtimeMs;
    // Not every step is told of.
    const checkpoints = join(out, 'adapter/checkpoints');
    await kill(/step \d+\//, () => existsSync(checkpoints) && readdirSync(checkpoints).length > 0);
    expect(readdirSync(checkpoints).length).toBeGreaterThan(0);
    expect(existsSync(join(out, 'report.json'))).toBe(false);
    const { report, stderr } = await ladder([...some, '--resume'], out);
    expect(stderr).toMatch('Measured already: base, documents.');
    expect(stderr).toMatch(/Resuming the training after step (5|10|15|20|25)\./);
    expect(statSync(join(out, 'rungs/base.json')).mtimeMs).toBe(base);
    const figures = ({ rungs }: Report) => rungs.map(({ name, metric, loss }) => ({ name, metric, loss }));
    expect(figures(report)).toEqual(figures(whole.report));

    const again = await ladder([...some, '--resume'], out);
    expect(again.stderr).toMatch('Measured already: base, documents, tuned.');
    expect(again.stderr).not.toMatch('step 1/');
    expect(again.report.rungs).toEqual(report.rungs);

    const other = await lowrank([
      'ladder',
      '--model',
      'bundled',
      ...some,
      '--out',
      out,
      '--resume',
      '--seed',
      '1',
    ]);
    expect(other.status).toBe(2);
    expect(other.lastLine).toMatch(
      /--resume: --out holds another ladder: .*seed.* differs?\. What is there is safe\./,
    );
  });

  test('says so where it is interrupted, and what is refused is named', async () => {
    const out = temporaryFolder();
    const ended = await lowrank(['ladder', '--model', 'bundled', ...some, '--out', out], {
      onError: once(/^Base: \d/m, 'SIGINT'),
    });
    expect(ended.status).toBe(130);
    expect(ended.lastLine).toMatch('The same command with --resume continues from there.');
    for (const [flags, sentence] of [
      [['--rungs', 'base,top'], '--rungs: must be one of base, prompt,'],
      [['--metric', 'best'], '--metric: must be one of label, exact,'],
      [['--metric', 'contains(answer'], '--metric: At character 16 of contains(answer: ")" is missing.'],
      [['--documents', join(out, 'nowhere')], '--documents: there is no folder'],
      [['--rungs', 'prompt'], '--rungs: none of them can be measured'],
    ] as const) {
      const form = [
        '--data',
        join(OF_LADDER, 'form.jsonl'),
        '--eval-data',
        join(OF_LADDER, 'form-held-out.jsonl'),
      ];
      const refused = await lowrank(['ladder', '--model', 'bundled', ...form, ...flags, '--out', out]);
      expect(refused.status).toBe(2);
      expect(refused.lastLine).toMatch(sentence);
    }
  });
});
