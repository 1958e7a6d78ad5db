import { describe, expect, it, test } from 'vitest';
import { chanceOf, shareOf } from '../../../../src/app/outcome/chance.ts';
import { learnedSentence, preferenceSentence } from '../../../../src/app/outcome/learned.ts';
import { movedSentence } from '../../../../src/app/outcome/moved.ts';
import { newWords, newWordsSentence } from '../../../../src/app/outcome/new-words.ts';
import { rightSentence } from '../../../../src/app/outcome/right-answers.ts';
import { resultSentences } from '../../../../src/app/outcome/sentences.ts';
import type { HeldRow } from '../../../../src/app/state/outcome.ts';
import { EMPTY_RUN, type RunView, reduceRun } from '../../../../src/app/state/run.ts';
import { defaultSettings } from '../../../../src/run/settings/list.ts';
import type { RunSummary } from '../../../../src/worker/api/api.ts';

const summary = (told: Partial<RunSummary>): RunSummary => ({
  adapter: 'run',
  method: 'lora',
  objective: 'sft',
  metrics: null,
  parameters: 5_520_000,
  trainable_parameters: 86_016,
  rows: { read: 283, used: 283, dropped: 0, bad_count: 0, bad: [] },
  memory: {
    base: 0,
    adapter: 0,
    optimizer: 0,
    activation: 0,
    peak_bytes: 0,
  } as unknown as RunSummary['memory'],
  dispatches_per_step: null,
  submits_per_step: null,
  device: 'wasm',
  gpu: null,
  kernels: {},
  warnings: [],
  stopped: false,
  interrupted: false,
  steps: 60,
  epochs: 3,
  tokens: 6000,
  supervised_tokens: 3000,
  seconds: 33,
  tokens_per_second: 200,
  loss_first: 5.8,
  loss_last: 2.6,
  eval: null,
  ...told,
});

const ended = (told: Partial<RunSummary>, more: Partial<RunView> = {}): RunView => ({
  ...EMPTY_RUN,
  state: 'finished',
  step: 60,
  steps: 60,
  summary: summary(told),
  ...more,
});

const held = (before: number, after: number, rows = 28): RunSummary['eval'] => ({
  rows,
  loss_before: before,
  loss_after: after,
  best_step: 60,
});

const learned = (run: RunView, more: { continued?: boolean; leaks?: number | null } = {}) =>
  learnedSentence({ run, continued: false, leaks: 0, ...more });

describe('a mean loss as a chance', () => {
  test.each([
    [0, '100 %'],
    [0.001, 'over 99 %'],
    [0.1, '90 %'],
    [Math.log(1.99), '50 %'],
    [Math.log(2), '1 in 2'],
    [Math.log(3.44), '1 in 3.4'],
    [Math.log(9.96), '1 in 10'],
    [2.631, '1 in 14'],
    [Math.log(99.4), '1 in 99'],
    [Math.log(99.6), '1 in 100'],
    [5.832, '1 in 340'],
    [Math.log(49_152), '1 in 49,000'],
    [15, 'less than 1 in a million'],
    [800, 'less than 1 in a million'],
  ])('%d nats: %s', (loss, text) => expect(chanceOf(loss)).toBe(text));

  it('never rounds a share up to certainty', () => {
    expect([0.99, 0.9951, 1].map(shareOf)).toEqual(['99 %', 'over 99 %', '100 %']);
  });
});

describe('what a run has learned', () => {
  it('is the chance of the right next piece on rows it never saw', () => {
    expect(learned(ended({ eval: held(5.832, 2.631) }))).toBe(
      'On rows it never saw, the right next piece now gets a chance of 1 in 14; before, 1 in 340.',
    );
  });

  it('says equal as equal and worse as worse', () => {
    expect(learned(ended({ eval: held(2.631, 2.64) }))).toBe(
      'On rows it never saw, the right next piece gets a chance of 1 in 14, the same as before.',
    );
    expect(learned(ended({ eval: held(2.631, 5.832) }))).toBe(
      'On rows it never saw, the right next piece now gets a chance of 1 in 340; before, 1 in 14. That is worse.',
    );
  });

  it('names what it was measured on: one row, rows that are trained on as well, a run that continues another', () => {
    expect(learned(ended({ eval: held(2, 1, 1) }))).toMatch(/^On the one row that it never saw, /);
    expect(learned(ended({ eval: held(2, 1) }), { leaks: 3 })).toMatch(
      /^On held-out rows \(3 of 28 are also trained on\), /,
    );
    expect(learned(ended({ eval: held(2, 1) }), { leaks: null, continued: true })).toBe(
      'On rows it never saw, the right next piece now gets a chance of 1 in 2.7; before this run, 1 in 7.4.',
    );
  });

  it('is that of training rows, by name, where none were held out', () => {
    const step = (step: number, loss: number) => ({
      ...{ type: 'step' as const, step, steps: 60, epoch: 0, loss, learningRate: 1e-3, gradNorm: 1 },
      ...{ tokens: 10, supervisedTokens: 5, seconds: 1, tokensPerSecond: 10, secondsLeft: 1, figures: {} },
    });
    const { series } = reduceRun(EMPTY_RUN, [step(1, 3), step(2, 1)]);
    expect(learned(ended({}, { series }))).toBe(
      'On the rows that it was trained on, the right next piece now gets a chance of 1 in 7; at the first step, 1 in 20. No rows were held out, so this does not say how it does on others.',
    );
    // Stopped before they were measured again.
    const stopped = ended({ stopped: true }, { series, held: { step: [0], loss: [3], rows: 28 } });
    expect(learned(stopped)).toMatch(
      /The held-out rows were not measured at the end, so this does not say how it does on others\.$/,
    );
  });

  it('of DFT goes by its cross-entropy, since its own loss falls for other reasons, too', () => {
    const series = {
      ...EMPTY_RUN.series,
      step: [1, 2, 3],
      loss: [0.3, 0.2, 0.1],
      smooth: [0.3, 0.2, 0.1],
      figures: { cross_entropy: [Math.log(100), Number.NaN, 2 * Math.log(4) - Math.log(100)] },
    };
    expect(learned(ended({ objective: 'dft' }, { series }))).toMatch(
      /a chance of 1 in 4; at the first step, 1 in 100\./,
    );
    expect(learned(ended({ objective: 'dft', eval: held(5.832, 2.631) }))).toMatch(
      /1 in 14; before, 1 in 340/,
    );
  });

  it('of DPO is the share of its preference, and a coin toss is called that', () => {
    expect(learned(ended({ objective: 'dpo', eval: held(Math.LN2, -Math.log(0.62)) }))).toBe(
      'On pairs it never saw, the better answer now gets 62 % of its preference; before, 50 %, a coin toss.',
    );
    expect(learned(ended({ objective: 'dpo', eval: held(Math.LN2, 1) }))).toBe(
      'On pairs it never saw, the better answer now gets 37 % of its preference; before, 50 %, a coin toss. That is worse.',
    );
    expect(learned(ended({ objective: 'dpo', eval: held(Math.LN2, Math.LN2, 1) }))).toBe(
      'On the one pair that it never saw, the better answer gets 50 % of its preference, the same as before, a coin toss.',
    );
  });

  it('of losses without a meaning in words is which way they went', () => {
    expect(learned(ended({ objective: 'ipo', eval: held(25, 18.2) }))).toBe(
      'On pairs it never saw, the IPO loss fell from 25.000 to 18.200; lower is better.',
    );
    expect(learned(ended({ objective: 'kto', eval: held(0.5, 0.61) }))).toBe(
      'On answers it never saw, the KTO loss rose from 0.500 to 0.610. That is worse.',
    );
    expect(learned(ended({ objective: 'orpo', eval: held(2, 2.0001) }))).toBe(
      'On pairs it never saw, the ORPO loss is 2.000, the same as before.',
    );
  });

  it('beside a teacher is how much nearer it came', () => {
    const teacher = {
      rows: 28,
      held_out: true,
      kl_before: 0.8,
      kl_after: 0.2,
      tokens_saved: 211.6,
      bytes: 1,
    };
    expect(learned(ended({ objective: 'bake', teacher, eval: held(0.8, 0.2) }))).toBe(
      'On rows it never saw, its odds for the next piece are 75 % nearer to the teacher’s than the base model’s. Each answer saves 212 tokens of prompt.',
    );
    const other = { ...teacher, held_out: false, kl_after: 0.9, tokens_saved: null };
    expect(learned(ended({ objective: 'distil', teacher: other }))).toBe(
      'On the rows that it was trained on, its odds for the next piece are further from the teacher’s than the base model’s. That is worse.',
    );
  });

  it('is nothing where nothing was measured, or no number', () => {
    expect(learned(EMPTY_RUN)).toBeNull();
    expect(learned(ended({}))).toBeNull();
    expect(learned(ended({ eval: held(2, Number.NaN) }))).toBeNull();
    expect(learned(ended({ objective: 'dpo' }))).toBeNull();
  });
});

describe('what the last steps told of preferences', () => {
  const of = (objective: RunSummary['objective'], figures: Record<string, number[]>) =>
    preferenceSentence({ run: ended({ objective }, { series: { ...EMPTY_RUN.series, figures } }) });

  it('is told of ten steps, or as many as there are', () => {
    const accuracy = [0, 0, ...Array.from({ length: 10 }, (_, i) => (i < 8 ? 1 : 0.5))];
    expect(of('dpo', { accuracy })).toBe(
      'Over its last 10 steps, it had moved towards the better answer in 90 % of the training pairs.',
    );
    expect(of('simpo', { accuracy: [0.5] })).toBe(
      'In its last step, it found the better answer the likelier one in 50 % of the training pairs.',
    );
    expect(of('kto', { margin: [Number.NaN, 0.25, 0.75] })).toBe(
      'Over its last 2 steps, good training answers were rewarded 0.5 above bad ones.',
    );
    expect(of('kto', { margin: [-0.5] })).toMatch(/rewarded 0\.5 below bad ones/);
    expect(of('sft', {})).toBeNull();
  });
});

describe('which numbers moved', () => {
  it('is said beside those that stayed, with the size of the file', () => {
    expect(movedSentence(ended({}), defaultSettings())).toBe(
      '86,016 numbers moved; the 5.5 million of the base model stayed as they were. The adapter is 344 kB.',
    );
  });

  it.each([
    ['ia3', 4608, 134_515_008, '4,608 numbers moved; the 135 million of', '18 kB'],
    ['prompt', 3200, 1_235_814_400, '3,200 numbers moved; the 1.2 billion of', '13 kB'],
    ['lora', 1_843_200, 360_000, '1,843,200 numbers moved; the 360,000 of', '7.4 MB'],
  ] as const)('of %s too', (method, trainable_parameters, parameters, begins, size) => {
    const said = movedSentence(
      ended({ method, trainable_parameters, parameters }),
      defaultSettings({ method }),
    );
    expect(said?.startsWith(begins)).toBe(true);
    expect(said?.endsWith(`The adapter is ${size}.`)).toBe(true);
  });

  it.each([
    ['default', '344 kB'],
    ['eva', '344 kB'],
    // What was taken off the base is in the file, too.
    ['pissa', '688 kB'],
    ['olora', '688 kB'],
  ] as const)('the file of a run that began by %s', (init, size) => {
    expect(movedSentence(ended({}), defaultSettings({ init }))).toContain(`The adapter is ${size}.`);
  });

  it('claims nothing where the adapter from before step 1 is kept', () => {
    const run = ended({ eval: held(2, 2) }, { best: { step: 0, loss: 2 } });
    expect(movedSentence(run, defaultSettings({ keep: 'best' }))).toBe(
      'Nothing moved in the end: no step lowered the held-out loss, so the adapter of 344 kB is the one from before step 1.',
    );
    expect(movedSentence(run, defaultSettings({ keep: 'last' }))).toMatch(/^86,016 numbers moved/);
    expect(movedSentence(EMPTY_RUN, null)).toBeNull();
  });
});

const row = (line: number, reference: string, base: string | null, tuned: string | null): HeldRow => ({
  row: line - 1,
  line,
  prompt: `question ${line}`,
  reference,
  base: { answer: base, loss: 2 },
  prompted: null,
  tuned: { answer: tuned, loss: 1 },
});

describe('right answers', () => {
  const labels = (...said: [reference: string, base: string, tuned: string][]) =>
    rightSentence(said.map(([reference, base, tuned], i) => row(i + 1, reference, base, tuned)));

  it('stand beside those of the base and of the most common label', () => {
    expect(
      labels(
        ['praise', 'It is a dream.', 'Praise.'],
        ['complaint', 'complaint', 'complaint'],
        ['complaint', 'no', 'complaint'],
        ['praise', 'no', 'praise'],
        ['praise', 'no', 'complaint'],
      ),
    ).toBe(
      'Of 5 held-out rows, the tuned model labels 4 right; the base model, 1; always giving the most common label, 3.',
    );
  });

  it('that are no more than those of the most common label are said to be', () => {
    const four = [
      ['praise', 'no', 'praise'],
      ['praise', 'no', 'praise'],
      ['praise', 'no', 'praise'],
      ['complaint', 'no', 'praise'],
    ] as [string, string, string][];
    expect(labels(...four)).toMatch(
      /labels 3 right; the base model, 0; always giving the most common label, 3\. The adapter is no better than that\.$/,
    );
    const worse = four.map(([reference]) => [reference, reference, 'praise'] as [string, string, string]);
    expect(labels(...worse)).toMatch(/labels 3 right; the base model, 4; .* Training made it worse\.$/);
  });

  it('of short answers have no label, and rows that nobody asked are not counted', () => {
    const rows = [row(1, 'Paris', 'I do not know', 'Paris'), row(2, 'Rome', null, null)];
    expect(rightSentence(rows)).toBe(
      'Of 1 held-out row that was asked, the tuned model answers 1 right; the base model, 0.',
    );
  });

  it('are none where the data only show a style, or fields', () => {
    const long = 'Arr, the sea be wide and salt, and kind to them that mind her, matey!';
    expect(rightSentence([row(1, long, 'The sea.', long)])).toBeNull();
    expect(rightSentence([row(1, '{"a": 1}', '', '{"a": 1}')])).toBeNull();
    expect(rightSentence([])).toBeNull();
  });
});

describe('words that are new', () => {
  const answers = (...said: [base: string, tuned: string][]) =>
    said.map(([base, tuned], i) => row(i + 1, 'x'.repeat(60), base, tuned));

  it('are those of several answers that the base never says, most frequent first', () => {
    const rows = answers(
      ['The sea is large.', 'Arr, the sea be large, matey!'],
      ['Snow is cold.', 'Arr, snow be cold, ye scurvy dog.'],
      ['A ship is a boat.', 'Arr! A ship’s a ship, ye say.'],
      ['I am a matey person.', 'Matey be I.'],
    );
    expect(newWords(rows)).toEqual({
      words: [
        { word: 'arr', answers: 3 },
        { word: 'be', answers: 3 },
        { word: 'ye', answers: 2 },
      ],
      answers: 4,
    });
    expect(newWordsSentence(rows)).toBe(
      'Words in its answers that the base model’s never have: “arr” (3 of 4), “be” (3), “ye” (2).',
    );
  });

  it('have what is left out at their end, and no quotation marks', () => {
    const rows = answers(['the thing of things', "o' th’ 'sea' matey’s"], ['no', "th' ‘sea’ o’ matey's"]);
    expect(newWords(rows).words.map(({ word }) => word)).toEqual(["o'", "th'", 'sea']);
    expect(newWordsSentence(rows)).toContain('“o’” (2 of 2), “th’” (2), “sea” (2).');
  });

  it('need several answers, and a tenth of many', () => {
    expect(newWordsSentence(answers(['no', 'arr arr arr']))).toBeNull();
    const many = answers(
      ...Array.from({ length: 40 }, (_, i): [string, string] => ['no', i < 3 ? 'arr' : i < 7 ? 'ye' : 'no']),
    );
    expect(newWords(many).words).toEqual([{ word: 'ye', answers: 4 }]);
    expect(newWordsSentence([])).toBeNull();
  });

  it('are told of styles alone, once all is measured', () => {
    const said = (rows: HeldRow[], done: boolean) =>
      resultSentences({
        ...{ run: ended({}), settings: null, continued: false, leaks: 0 },
        outcome: { rows, done },
      });
    const style = answers(['no', 'arr'], ['no', 'arr']);
    expect(said(style, true).words).toMatch(/“arr” \(2 of 2\)/);
    expect(said(style, false).words).toBeNull();
    const labels = [1, 2, 3, 4].map((line) => row(line, 'praise', 'no', 'praise'));
    expect(said(labels, true)).toMatchObject({ words: null, right: expect.stringMatching(/labels 4 right/) });
  });
});
