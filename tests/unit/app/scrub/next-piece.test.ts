import { expect, test } from 'vitest';
import { type Missing, nextPiece, type Piece } from '../../../../src/app/scrub/next-piece.ts';
import type { Known } from '../../../../src/app/state/then.ts';

const side = (answer: string | null) => ({ answer, loss: 1 });
const held = [
  { row: 3, tuned: side('a') },
  { row: 5, tuned: side('b') },
  { row: 7, tuned: side(null) },
  { row: 9, tuned: null },
];

function missing(more: Partial<Missing> = {}): Missing {
  return {
    ...{ steps: [0, 10, 20], chosen: null, known: {}, turns: ['film one'], held, atOnce: 8 },
    lacksOdds: () => false,
    ...more,
  };
}

/** Everything in the order in which it is computed, with what each piece makes known. */
function all(start: Missing): string[] {
  const known: Record<number, Known> = { ...start.known };
  const odds = new Set<number>();
  const found: string[] = [];
  for (;;) {
    const piece = nextPiece({
      ...start,
      known,
      lacksOdds: (step) => start.lacksOdds(step) && !odds.has(step),
    });
    if (!piece) return found;
    found.push(words(piece));
    const before = known[piece.step] ?? { answers: {}, sides: {} };
    if (piece.kind === 'answer')
      known[piece.step] = { ...before, answers: { ...before.answers, [piece.key]: 'x' } };
    if (piece.kind === 'movement') known[piece.step] = { ...before, movement: null };
    if (piece.kind === 'odds') odds.add(piece.step);
    if (piece.kind === 'rows')
      known[piece.step] = {
        ...before,
        sides: {
          ...before.sides,
          ...Object.fromEntries(piece.rows.map((row) => [row, side(piece.answers ? 'x' : null)])),
        },
      };
  }
}

const words = (piece: Piece) =>
  piece.kind === 'rows' ? `rows ${piece.rows} at ${piece.step}` : `${piece.kind} at ${piece.step}`;

test('what is cheap and looked at comes first, for all steps; rows last, those with answers before the others', () => {
  expect(all(missing({ steps: [0, 10], lacksOdds: () => true }))).toEqual([
    'answer at 0',
    'answer at 10',
    'movement at 0',
    'movement at 10',
    'odds at 0',
    'odds at 10',
    'rows 3,5 at 0',
    'rows 7 at 0',
    'rows 3,5 at 10',
    'rows 7 at 10',
  ]);
});

test('the chosen step comes before all others; its answers are being asked for in the open', () => {
  expect(all(missing({ chosen: 20 })).slice(0, 4)).toEqual([
    'movement at 20',
    'rows 3,5 at 20',
    'rows 7 at 20',
    'answer at 0',
  ]);
  expect(all(missing({ chosen: 20 }))).not.toContain('answer at 20');
});

test('what is known is not computed again, and rows go in small requests', () => {
  const known = {
    0: { answers: { 'film one': 'x' }, movement: null, sides: { 3: side('x'), 7: side(null) } },
  };
  expect(all(missing({ steps: [0], known }))).toEqual(['rows 5 at 0']);
  // A loss without the answer that the end has is half of it.
  const half = { 0: { ...known[0], sides: { 3: side(null), 5: side('x'), 7: side(null) } } };
  expect(all(missing({ steps: [0], known: half }))).toEqual(['rows 3 at 0']);
  expect(all(missing({ steps: [0], turns: [], atOnce: 1 }))).toEqual([
    'movement at 0',
    'rows 3 at 0',
    'rows 5 at 0',
    'rows 7 at 0',
  ]);
  expect(nextPiece(missing({ steps: [] }))).toBeNull();
});
