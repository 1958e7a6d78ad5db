import { describe, expect, test } from 'vitest';
import { parseExpression } from '../../../../src/lab/expression/parse.ts';
import {
  cheapestFirst,
  FIGURES,
  frontierResult,
  named,
  pointOf,
  suffices,
} from '../../../../src/lab/progression/points.ts';
import { rung } from '../ladder/measured.ts';
import { point } from './measured.ts';

const enough = (text: string) => parseExpression(text, FIGURES);
const small = point('small', 'q4', 12, { memory_bytes: 20e6, seconds: 50 });
const middle = point('small', 'f16', 22);
const large = point('large', 'q8', 24, { memory_bytes: 300e6, bytes: 270e6, seconds: 400 });
const all = [small, middle, large];

test('the cheapest comes first, by planned memory and then by download', () => {
  const one = (planned_bytes: number, bytes: number) => ({ planned_bytes, bytes });
  const given = [one(3, 1), one(1, 9), one(1, 2), one(2, 5)];
  expect(cheapestFirst(given)).toEqual([one(1, 2), one(1, 9), one(2, 5), one(3, 1)]);
  expect(given[0]).toEqual(one(3, 1));
});

describe('a point', () => {
  test('has the keys of the contract, and its place beside the best', () => {
    const { points } = frontierResult(all, [], { enough: null, seed: 0 });
    expect(points[0]).toMatchObject({
      ...{ model: 'small', dtype: 'q4', metric: 0.5, seconds: 50, memory_bytes: 20e6, bytes: 11e6 },
      on_frontier: true,
    });
    expect(points[0]).not.toHaveProperty('rows');
    expect(points[0].p_value).toBeLessThan(0.01);
    expect(points[2].p_value).toBeNull();
    const [from, to] = points[1].interval;
    expect(from).toBeLessThan(22 / 24);
    expect(to).toBeGreaterThan(22 / 24);
  });

  test('is not on the frontier where another is as good in everything and better in one', () => {
    const worse = point('small', 'q8', 21);
    const same = point('other', 'f16', 22);
    const { points } = frontierResult([small, middle, worse, same, large], [], { enough: null, seed: 0 });
    expect(points.map(({ on_frontier }) => on_frontier)).toEqual([true, true, false, true, true]);
  });

  test('is a rung of a ladder with what its training took; untrained it has what its weights take', () => {
    const candidate = { model: 'small', dtype: 'q4', parameters: 5e6, bytes: 11e6, planned_bytes: 9e6 };
    const tuned = { ...rung('tuned', 6), train_seconds: 12, memory_bytes: 40e6, elsewhere_after: 0.2 };
    expect(pointOf(candidate, { ...tuned, seconds: 24 })).toMatchObject({
      ...{ ...candidate, loss: 0.5, seconds: 12, answer_seconds: 1, memory_bytes: 40e6 },
      ...{ elsewhere_before: null, elsewhere_after: 0.2 },
    });
    const asItIs = pointOf({ ...candidate, untrained: true }, rung('tuned', 6));
    expect(asItIs).toMatchObject({ seconds: 0, memory_bytes: 9e6 });
    expect(named(asItIs)).toBe('small in q4, untrained');
    const { choice, reason } = frontierResult([asItIs], [], { enough: null, seed: 0 });
    expect(choice).toEqual({ model: 'small', dtype: 'q4', untrained: true });
    expect(reason).toMatch('nothing is cheaper: no training, 9.0 MB of memory');
  });

  test('is compared on the rows that every other was asked too', () => {
    const short = { ...middle, rows: middle.rows.filter(({ line }) => line !== 3 && line !== 24) };
    const { points, compared, left_out } = frontierResult([small, short], [], { enough: null, seed: 0 });
    expect(points.map(({ metric }) => metric)).toEqual([11 / 22, 21 / 22]);
    expect([compared, left_out]).toEqual([22, [3, 24]]);
  });

  test('whose memory is not known is beaten by one that is as good and has it known', () => {
    const unknown = point('small', 'q8', 22, { memory_bytes: null });
    const { points } = frontierResult([middle, unknown], [], { enough: null, seed: 0 });
    expect(points.map(({ on_frontier }) => on_frontier)).toEqual([true, false]);
  });
});

describe('a requirement', () => {
  test('chooses the cheapest that meets it, and says where the interval begins', () => {
    const { choice, reason } = frontierResult(all, [], {
      enough: enough('metric>=0.9 and memory_bytes<=1e9'),
      seed: 0,
    });
    expect(choice).toEqual({ model: 'small', dtype: 'f16' });
    expect(reason).toMatch(
      /^small in f16 is the cheapest that meets metric>=0.9 and memory_bytes<=1e9: 91.7 %, 30.0 s of training, 32.0 MB of memory, 11.0 MB to download\. That holds for these rows: the interval of its figure begins at \d/,
    );
  });

  test('may ask for the lower end of the interval', () => {
    const { choice, reason } = frontierResult(all, [], { enough: enough('low >= 0.95'), seed: 0 });
    expect(choice).toEqual({ model: 'large', dtype: 'q8' });
    expect(reason).not.toMatch('That holds');
  });

  test('that nothing meets is said, with the best', () => {
    const { choice, reason } = frontierResult(all, [], {
      enough: enough('metric >= 0.9 and bytes < 1e6'),
      seed: 0,
    });
    expect(choice).toBeNull();
    expect(reason).toBe(
      'None of 3 points meets metric >= 0.9 and bytes < 1e6; the best is large in q8 at 100.0 %.',
    );
  });

  test('about a figure that is not known is met by nobody, which is said', () => {
    const unknown = point('small', 'q4', 24, { memory_bytes: null });
    expect(suffices(unknown, enough('memory_bytes < 1e9'), 0)).toBeNull();
    expect(suffices(unknown, enough('memory_bytes < 1e9 or metric == 1'), 0)).toBe(true);
    const { choice, reason } = frontierResult([unknown, large], [], {
      enough: enough('memory_bytes < 1e9'),
      seed: 0,
    });
    expect(choice).toEqual({ model: 'large', dtype: 'q8' });
    expect(reason).toMatch('Of 1 it cannot be said, since a figure of theirs is not known.');
  });
});

describe('without a requirement', () => {
  test('the cheapest that is not measurably worse than the best is chosen', () => {
    const { choice, reason } = frontierResult(all, [], { enough: null, seed: 0 });
    expect(choice).toEqual({ model: 'small', dtype: 'f16' });
    expect(reason).toMatch('which is not measurably worse than the best, large in q8 at 100.0 % (p 0.500)');
  });

  test('the best is, where everything cheaper is measurably worse, or where it is the cheapest', () => {
    const none = { enough: null, seed: 0 };
    expect(frontierResult([small, large], [], none).reason).toMatch('everything cheaper is measurably worse');
    expect(frontierResult([large, small], [], none).reason).toMatch('nothing is cheaper');
  });

  test('nothing is, where nothing is right', () => {
    const { choice, reason } = frontierResult([point('a', 'q4', 0)], [], { enough: null, seed: 0 });
    expect(choice).toBeNull();
    expect(reason).toMatch('No point gets anything right on 24 held-out rows');
  });
});
