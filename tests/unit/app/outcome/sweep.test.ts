import { describe, expect, test } from 'vitest';
import { findingOf, trialSentence, verdictsOf } from '../../../../src/app/outcome/sweep.ts';
import { EMPTY_RUN, reduceRun } from '../../../../src/app/state/run.ts';
import type { Trial } from '../../../../src/app/state/sweep.ts';
import type { RunEvent } from '../../../../src/worker/api/api.ts';

/** A run of these losses, and of these on held-out rows before and after. */
function trial(value: number, losses: number[], held: [number, number] | null = null): Trial {
  const steps = losses.length;
  const events = losses.map((loss, i) => ({
    type: 'step',
    step: i + 1,
    steps,
    loss,
    tokens: 1,
    figures: {},
  }));
  const measured = (held ?? []).map((loss, i) => ({ type: 'eval', step: i * steps, loss, rows: 4 }));
  const run = reduceRun({ ...EMPTY_RUN, steps }, [...events, ...measured] as unknown as RunEvent[]);
  return { value, run, answer: null };
}

/** From one loss to another, evenly. */
const line = (from: number, to: number, steps = 20) =>
  Array.from({ length: steps }, (_, i) => from + ((to - from) * i) / (steps - 1));

describe('what a run is called', () => {
  test('depends on how much of the best run’s gain it made', () => {
    const good = trial(0.001, line(5, 2), [5, 2]);
    const verdicts = (end: number) => verdictsOf([trial(0.0003, line(5, end), [5, end]), good]);
    expect(verdicts(3.6)).toEqual(['crawls', 'learns']);
    expect(verdicts(3.4)).toEqual(['learns', 'learns']);
    // The other way round, it is the second that crawls.
    expect(verdicts(-3)).toEqual(['learns', 'crawls']);
  });

  test('is by held-out rows where they were measured, else by those trained on', () => {
    const good = trial(1, line(5, 2), [5, 2]);
    expect(verdictsOf([trial(2, line(5, 2), [5, 4.8]), good])[0]).toBe('crawls');
    expect(verdictsOf([trial(2, line(5, 2)), good])[0]).toBe('learns');
  });

  test('is that it diverges where it ends above its start, rises again, or is no number', () => {
    const good = trial(1, line(5, 2), [5, 2]);
    const of = (one: Trial) => verdictsOf([good, one]);
    expect(of(trial(2, line(5, 9), [5, 8]))).toEqual(['learns', 'diverges']);
    expect(of(trial(2, [...line(5, 2), ...line(2, 6, 40)], [5, 4]))).toEqual(['learns', 'diverges']);
    expect(of(trial(2, [...line(5, 3), Number.NaN]))).toEqual(['learns', 'diverges']);
    const broken = trial(2, line(5, 4));
    broken.run.error = { code: 'diverged', text: 'Too far.' };
    expect(of(broken)).toEqual(['learns', 'diverges']);
    // What burst counts for nothing when others are compared.
    expect(verdictsOf([trial(2, line(5, 9), [5, 8]), trial(1, line(5, 4.9), [5, 4.9])])).toEqual([
      'diverges',
      'learns',
    ]);
  });

  test('is nothing where it failed otherwise or was stopped at once, and crawling where all stand still', () => {
    const failed = trial(1, line(5, 4));
    failed.run.error = { code: 'does-not-fit', text: 'Does not fit.' };
    expect(verdictsOf([failed, trial(2, line(5, 4, 3)), trial(3, line(5, 5), [5, 5])])).toEqual([
      ...['unknown', 'unknown', 'crawls'],
    ]);
  });
});

describe('in a sentence', () => {
  test('its own figures, and what they stand for', () => {
    const good = trial(1, line(5, 2), [Math.log(340), Math.log(14)]);
    expect(trialSentence(good, 'learns', true)).toBe(
      'Held-out loss 5.829 → 2.639 in 20 steps: the right next piece gets a chance of 1 in 14; before, 1 in 340.',
    );
    expect(trialSentence(good, 'crawls', false)).toBe(
      'Held-out loss 5.829 → 2.639 in 20 steps; lower is better.',
    );
  });

  test('how far one got that was stopped, that burst, or that failed', () => {
    const stopped = trial(1, line(5, 3, 8));
    stopped.run.steps = 40;
    expect(trialSentence(stopped, 'learns', false)).toMatch(
      /^Training loss 5\.000 → \d\.\d{3} in 8 of 40 steps;/,
    );
    expect(trialSentence(trial(1, line(5, 4, 2)), 'unknown', true)).toBe(
      'Stopped after 2 steps, too early to say anything.',
    );
    expect(trialSentence(trial(1, line(5, 9), [5, 8]), 'diverges', true)).toMatch(
      /^Held-out loss 5\.000 → 8\.000 in 20 steps: worse than before training; training loss was lowest at step 1 \(5\.000\)/,
    );
    expect(trialSentence(trial(1, [...line(5, 3), Number.NaN]), 'diverges', true)).toMatch(
      /is not a number\.$/,
    );
    const failed = trial(1, []);
    failed.run.error = { code: 'does-not-fit', text: 'Does not fit.' };
    expect(trialSentence(failed, 'unknown', true)).toBe('Does not fit.');
  });
});

describe('together', () => {
  const finding = (...trials: Trial[]) => findingOf(trials, verdictsOf(trials), 'Learning rate');
  const to = (value: number, end: number) => trial(value, line(5, end), [5, end]);

  test('which got furthest, and how far the others', () => {
    expect(finding(to(0.0003, 4.4), to(0.001, 2), to(0.01, 9))).toBe(
      '0.001 gets furthest here; 0.0003 gets 20 % of that far, 0.01 diverges.',
    );
  });

  test('that they differ little, that none learns, that all burst, or nothing of one alone', () => {
    expect(finding(to(1, 2.2), to(8, 2), to(64, 2.1))).toBe(
      'The learning rate matters little here: the least gain is 93 % of the largest.',
    );
    expect(finding(to(1, 5), to(8, 5))).toBe('None of these values learns anything in so few steps.');
    expect(finding(to(1, 8), to(8, 9))).toBe('Every learning rate here diverges: try smaller ones.');
    expect(finding(to(1, 2))).toBeNull();
  });
});
