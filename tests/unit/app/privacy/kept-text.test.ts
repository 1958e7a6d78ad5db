import { expect, test } from 'vitest';
import { eraseQuestion, keptText } from '../../../../src/app/privacy/kept-text.ts';

const NOTHING = {
  run: null,
  history: { count: 0, bytes: 0, expectations: 0 },
  experiments: [],
  models: { count: 0, bytes: 0 },
  openData: 0,
  kernels: false,
};

test('what would be missed is asked about by name, and nothing is asked where nothing would be', () => {
  expect(eraseQuestion(NOTHING, 0)).toBeNull();
  // Measured again in seconds.
  expect(eraseQuestion({ ...NOTHING, kernels: true }, 0)).toBeNull();
  expect(eraseQuestion({ ...NOTHING, history: { count: 1, bytes: 357_000, expectations: 0 } }, 0)).toBe(
    'Erase 1 past run (357 kB) too?',
  );
  expect(
    eraseQuestion(
      {
        ...NOTHING,
        run: { name: 'mine', bytes: 1_500_000 },
        history: { count: 2, bytes: 400_000, expectations: 0 },
        models: { count: 1, bytes: 270_000_000 },
      },
      0,
    ),
  ).toBe('Erase the unfinished run “mine” (1.5 MB), 2 past runs (400 kB) and 1 model (270 MB) too?');
});

test('what is kept, in words', () => {
  expect(keptText(NOTHING, 0)).toBe('nothing.');
  expect(keptText({ ...NOTHING, openData: 2e9 }, 0)).toMatch(
    /^the rows of a large file while it is open \(2/,
  );
  expect(
    keptText({ ...NOTHING, history: { count: 2, bytes: 400_000, expectations: 0 }, kernels: true }, 0),
  ).toBe('2 past runs with curve and adapter (400 kB), which kernels are fastest here.');
  const expected = { ...NOTHING, history: { count: 1, bytes: 400_000, expectations: 3 } };
  expect(keptText(expected, 0)).toBe('1 past run with curve and adapter and 3 expectations (400 kB).');
  expect(eraseQuestion(expected, 0)).toBe('Erase 1 past run and 3 expectations (400 kB) too?');
  const experiments = [{ id: 'ladder' as const, name: 'facts.jsonl', bytes: 90_000 }];
  expect(keptText({ ...NOTHING, experiments }, 0)).toBe(
    'the ladder of “facts.jsonl” with its rows and answers (90 kB).',
  );
  expect(eraseQuestion({ ...NOTHING, experiments }, 0)).toBe(
    'Erase the ladder of “facts.jsonl” (90 kB) too?',
  );
});

test('examples that were typed are named in both', () => {
  expect(keptText(NOTHING, 3)).toBe('3 examples that you typed.');
  expect(eraseQuestion(NOTHING, 1)).toBe('Erase 1 example too?');
  expect(keptText(NOTHING, 0, true)).toBe('the key that your score cards are signed with.');
  expect(eraseQuestion(NOTHING, 1, true)).toBe('Erase 1 example and the key of your score cards too?');
});
