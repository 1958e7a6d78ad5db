import { describe, expect, it } from 'vitest';
import { curveScene, movementScene } from '../../../../src/app/drawing/curve-scene.ts';
import { movementWords } from '../../../../src/app/drawing/movement-words.ts';
import { openHtml } from '../../../../src/app/report/open-html.ts';
import { type ReportParts, reportHtml } from '../../../../src/app/report/report-html.ts';
import { NO_OUTCOME } from '../../../../src/app/state/outcome.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN, type RunView } from '../../../../src/app/state/run.ts';
import { getApp } from '../../../../src/app/state/store.ts';
import type { DataReport } from '../../../../src/data/types.ts';
import { sceneSvg } from '../../../../src/drawing/scene.ts';
import { ticks } from '../../../../src/drawing/ticks.ts';

const SECRET = 'The password is swordfish <b>';

const run: RunView = {
  ...EMPTY_RUN,
  state: 'finished',
  step: 3,
  steps: 3,
  series: {
    step: [1, 2, 3],
    loss: [3, 2.5, 1],
    smooth: [3, 2.7, 2],
    learningRate: [1e-3, 7e-4, 3e-4],
    gradNorm: [1, Number.NaN, 2],
    figures: {},
  },
  held: { step: [3, 0], loss: [1.2, 3.1], rows: 1 },
  films: [{ prompt: SECRET, frames: [{ step: 0, text: SECRET, done: true }] }],
  warnings: ['A <warning>'],
};

const parts = (withRows: boolean): ReportParts => ({
  app: {
    run,
    runName: 'Mine & <yours>',
    runTemplate: 'plain',
    runContinued: false,
    runLeaks: 0,
    runSettings: { ...PAGE_DEFAULTS, warmup: 1 },
    model: null,
    dataTitle: 'mine.jsonl',
    hardware: null,
  },
  outcome: {
    ...NO_OUTCOME,
    done: true,
    elsewhere: { rows: 50, before: 2.6, after: 2.66 },
    rows: [
      {
        row: 0,
        line: 1,
        prompt: SECRET,
        reference: SECRET,
        base: { answer: SECRET, loss: 3 },
        prompted: null,
        tuned: { answer: SECRET, loss: 1 },
      },
    ],
  },
  overlays: [{ name: 'Before', step: [1, 5], loss: [4, 3], dash: [6, 3] }],
  note: 'rank & alpha',
  created: '2026-11-25T04:00:00Z',
  withRows,
});

describe('the report of a run', () => {
  it('draws the figures of the objective, below zero too', () => {
    const without = parts(false);
    const series = { ...run.series, figures: { margin: [-2, 0, 4] } };
    const figures = [{ key: 'margin', label: 'Reward <margin>', better: 'higher' as const }];
    const html = reportHtml({ ...without, app: { ...without.app, run: { ...run, series, figures } } });
    expect(html).toContain('Reward &#60;margin&#62;, -2 to 4');
    expect(html).not.toContain('Reward <margin>');
    expect(reportHtml(without)).not.toContain('Reward');
  });

  it('has curve, settings and results, and nothing of the data unless asked', () => {
    const html = reportHtml(parts(false));
    expect(html).toContain('<title>Mine &#38; &#60;yours&#62;');
    expect(html).toContain('<th scope="row">Learning rate</th><td>0.001</td>');
    expect(html).toContain('2.600 → 2.660 on 50 general rows: worse by 2.3 %');
    expect(html).toContain('A &#60;warning&#62;');
    expect(html).toContain('rank &#38; alpha');
    expect(html.match(/<svg/g)).toHaveLength(3);
    expect(html).not.toContain('swordfish');
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });

  it('leaves out what was left to the run, and says one of a thing in the singular', () => {
    const html = reportHtml(parts(false));
    expect(html).toContain('<td>1 step</td>');
    expect(html).toContain('<td>4 rows</td>');
    expect(html).not.toContain('Checkpoint every');
    expect(html).not.toContain('—');
  });

  it('says what came of the run in the sentences of the page, new words only with the rows', () => {
    const styled = (withRows: boolean) => {
      const one = parts(withRows);
      const [row] = one.outcome.rows;
      const rows = [1, 2].map((line) => ({
        ...row,
        ...{ row: line - 1, line, reference: SECRET.repeat(2), base: { answer: 'No.', loss: 3 } },
        tuned: { answer: 'Arr <i>!', loss: 1 },
      }));
      const summary = {
        ...{ method: 'lora', objective: 'sft', trainable_parameters: 86_016, parameters: 5_520_000 },
        ...{ eval: { rows: 28, loss_before: 5.832, loss_after: 2.631, best_step: 3 } },
        ...{ loss_first: 5.8, loss_last: 2.6, steps: 3, tokens: 30, supervised_tokens: 10, seconds: 1 },
        ...{ tokens_per_second: 30, stopped: false, memory: { peak_bytes: 1 } },
        rows: { read: 3, used: 3, dropped: 0, bad_count: 0, bad: [] },
      } as unknown as NonNullable<RunView['summary']>;
      return reportHtml({
        ...one,
        app: { ...one.app, run: { ...run, summary } },
        outcome: { ...one.outcome, rows },
      });
    };
    expect(styled(false)).toContain(
      '<p>On rows it never saw, the right next piece now gets a chance of 1 in 14; before, 1 in 340.</p>',
    );
    expect(styled(false)).toContain('<p>86,016 numbers moved; the 5.5 million of the base model stayed');
    expect(styled(false)).not.toContain('“arr”');
    expect(styled(true)).toContain('“arr” (2 of 2)');
  });

  it('has answers and held-out rows where asked, as text', () => {
    const html = reportHtml(parts(true));
    expect(html).toContain('swordfish &#60;b&#62;');
    expect(html).not.toContain('swordfish <b>');
    expect(html).toContain('<td class="number">−2.00</td>');
    // Neither numbers nor their heads break between letters.
    expect(html).toMatch(/\.number \{[^}]*white-space: nowrap;[^}]*overflow-wrap: normal;/);
    expect(html).toMatch(/\.rows th \{[^}]*overflow-wrap: normal;/);
  });
});

describe('the picture of a curve', () => {
  it('draws every line inside its frame, over the longest run', () => {
    const scene = curveScene({ run, overlays: parts(false).overlays }, 400, 200);
    const svg = sceneSvg(scene, 'Loss');
    expect(svg.match(/<path /g)).toHaveLength(scene.lines.length);
    for (const name of ['each step', 'training, smoothed', 'held-out', 'Before'])
      expect(svg).toContain(`>${name}<`);
    for (const { path } of scene.lines)
      for (const [, x, y] of path.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)) {
        expect(Number(x)).toBeGreaterThanOrEqual(0);
        expect(Number(x)).toBeLessThanOrEqual(400);
        expect(Number(y)).toBeGreaterThanOrEqual(0);
        expect(Number(y)).toBeLessThanOrEqual(200);
      }
    // A run without a step yet is an empty frame, and no picture of NaN.
    expect(sceneSvg(curveScene({ run: EMPTY_RUN, overlays: [] }), 'Loss')).not.toMatch(
      /NaN|Infinity|undefined/,
    );
  });

  it('fills a cell as far as its part has moved', () => {
    const movement = {
      step: 3,
      modules: [
        { layer: 0, target: 'q_proj' },
        { layer: 1, target: 'q_proj' },
      ],
      values: [0.01, 0.02],
    };
    const svg = sceneSvg(movementScene(movement, ['q_proj'], movementWords('lora'), 200), 'Movement');
    expect(svg).toContain('full: 2.0 %');
    expect(svg).toContain('>q<');
    // Two grounds of 18 px, one half and one full.
    expect([...svg.matchAll(/v([\d.]+)h-/g)].map(([, height]) => Number(height))).toEqual([18, 9, 18, 18]);
  });

  it('has round ticks', () => {
    expect(ticks(0, 600, 6)).toEqual([0, 100, 200, 300, 400, 500, 600]);
    expect(ticks(0.92, 3.1, 5)).toEqual([1, 1.5, 2, 2.5, 3]);
    expect(ticks(0, 1, 8).length).toBeLessThanOrEqual(9);
  });
});

describe('what is printed before a run', () => {
  it('is model, data and settings, and says where nothing is open', () => {
    const html = openHtml(getApp(), '2026-01-02T03:04:05Z');
    expect(html).toContain('Nothing is trained yet');
    expect(html).toContain('2026-01-02 03:04 UTC');
    expect(html).toMatch(/Model<\/th><td>none open/);
    expect(html).toMatch(/Data<\/th><td>none open/);
    expect(html).toMatch(/Rank<\/th><td>8/);
  });

  it('has the row of the first screen, escaped', () => {
    const data = {
      ...{ used: 30, skipped: { bad: 1, dropped: 1, isEstimate: true }, truncatedRows: 2, maxLength: 256 },
      ...{ supervisedTokens: 90, tokens: 1200 },
    } as DataReport;
    const html = openHtml(
      {
        ...getApp(),
        data,
        dataTitle: 'mine.jsonl',
        dataForm: 'chat',
        exampleRow: { question: SECRET, answer: 'Arr' } as never,
        baseAnswers: { [SECRET]: { text: 'Yes.', done: true } },
      },
      '2026-01-02T03:04:05Z',
    );
    expect(html).toContain('30 rows, chat');
    expect(html).toContain('about 2 lines');
    expect(html).toMatch(/swordfish &[^;]+;b/);
    expect(html).not.toContain('<b>');
    expect(html).toMatch(/Now<\/th><td>Yes\./);
  });
});
