import { expect, test } from 'vitest';
import { canonical } from '../../../../src/app/outcome/signed.ts';
import { type ScoreParts, scoreCard } from '../../../../src/app/report/score-card.ts';
import { scoreScene } from '../../../../src/app/report/score-scene.ts';
import { type HeldRow, NO_OUTCOME } from '../../../../src/app/state/outcome.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { NO_RECITAL } from '../../../../src/app/state/recital.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import type { DataReport } from '../../../../src/data/types.ts';

const SECRET = 'swordfish';
const data = { sha256: 'ab12' } as DataReport;

/** Four rows of labels: one right before, three after. */
const rows = ['yes', 'no', 'yes', 'yes'].map((reference, row): HeldRow => {
  const side = (answer: string) => ({ answer, loss: 1 });
  return {
    ...{ row, line: row + 1, prompt: SECRET, reference },
    ...{ base: side(row === 0 ? 'yes' : SECRET), prompted: side(row < 2 ? reference : SECRET) },
    tuned: side(row < 3 ? reference : SECRET),
  };
});

function parts(change: Partial<ScoreParts> = {}, app: Partial<ScoreParts['app']> = {}): ScoreParts {
  return {
    app: {
      run: {
        ...EMPTY_RUN,
        summary: {
          ...{ steps: 40, objective: 'sft', parameters: 5e6, device: 'wasm', rows: { used: 44 } },
          eval: { loss_before: 5.8, loss_after: 2.6, rows: 4 },
        } as never,
      },
      ...{ runName: 'Mine', runLeaks: 0, runContinued: false, runTemplate: null },
      runSettings: { ...PAGE_DEFAULTS, learningRate: 0.01, seed: 3 },
      model: { name: 'Bundled tiny model', precision: 'f16' } as never,
      ...{ modelChoice: { kind: 'bundled' }, data, dataTitle: 'Sample: sort', hardware: null },
      dataChoice: { kind: 'sample', file: 'classify.jsonl' },
      ...app,
    },
    outcome: {
      ...NO_OUTCOME,
      done: true,
      rows,
      examples: 3,
      elsewhere: { rows: 50, before: 0.1, after: 0.2 },
    },
    recital: { ...NO_RECITAL, of: data, asked: { all: 40, counted: 30 }, recited: [{}, {}] as never },
    created: '2026-12-02T07:00:00Z',
    ...change,
  };
}

test('every figure stands there with what it was measured on, and the command that repeats it', () => {
  const card = scoreCard(parts());
  expect(card).toMatchObject({
    ...{ format: 'lowrank-score-card', version: 1, name: 'Mine', seeds: { run: 3 }, steps: 40 },
    data: { name: 'Sample: sort', sha256: 'ab12', training_rows: 40, held_out_rows: 4, also_trained_on: 0 },
    task: { rows: 4, before: 0.25, after: 0.75 },
    held_out_loss: { rows: 4, before: 5.8, after: 2.6 },
    general_text_loss: { rows: 50, before: 0.1, after: 0.2 },
    few_shot: { examples: 3, metric: 'labels', rows: 4, base: 0.25, prompted: 0.5, tuned: 0.75 },
    majority_label: 0.75,
    recital: { asked: 40, counted: 30, recited: 2 },
    settings: { learningRate: 0.01, seed: 3 },
  });
  expect(card?.command).toBe(
    'npm run --silent train -- --model bundled --data public/samples/classify.jsonl --lr 0.01 --seed 3 --eval-fraction 0.1 --out adapter',
  );
  // Nothing of the rows themselves is in it.
  expect(canonical(card)).not.toContain(SECRET);
});

test('what was not measured is null, and what cannot be known here is said', () => {
  const card = scoreCard(
    parts(
      { outcome: { ...NO_OUTCOME, done: true }, recital: { ...NO_RECITAL, of: data } },
      { runContinued: true, runTemplate: 'a template {{ of }} their own', data: null },
    ),
  );
  expect(card).toMatchObject({
    ...{ task: null, few_shot: null, general_text_loss: null, majority_label: null, recital: null },
    ...{ continued: true, data: { sha256: null } },
  });
  expect(card?.command).toContain('--init-adapter the-adapter-before --chat-template template.jinja');
  expect(scoreCard(parts({ outcome: NO_OUTCOME }))).toBeNull();
});

const proof = { sha256: 'f'.repeat(64), key: 'a'.repeat(16) };
const textOf = (given: ScoreParts) => {
  const scene = scoreScene(scoreCard(given)!, proof);
  expect([scene.width, scene.height]).toEqual([1200, 675]);
  for (const { x, y } of scene.words) expect(x >= 0 && x <= 1200 && y >= 0 && y <= 675).toBe(true);
  return scene.words.map(({ text }) => text);
};

test('the picture says the same', () => {
  const said = textOf(parts());
  expect(said).toEqual(
    expect.arrayContaining(['25 % → 75 %', '5.800 → 2.600', '2 of 30 training rows word for word']),
  );
  expect(said).toContain('Base, 3 examples in the prompt (4 rows)');
  expect(said.join('\n')).toContain('npm run --silent train');
  expect(said.join('\n')).toContain(`${'f'.repeat(16)}… and key ${'a'.repeat(16)}`);
});

test('the picture of a run without a task figure tells the chance, and what was not measured', () => {
  const said = textOf(parts({ outcome: { ...NO_OUTCOME, done: true }, recital: NO_RECITAL }));
  expect(said).toContain('1 in 330 → 1 in 13');
  expect(said.filter((text) => text === 'not measured')).toHaveLength(2);
  expect(said).toContain('not asked');
});
