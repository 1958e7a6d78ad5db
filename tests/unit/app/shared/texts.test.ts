import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runNameOf } from '../../../../src/app/actions/run.ts';
import { changedWords } from '../../../../src/app/shared/changed-words.ts';
import {
  beginning,
  bytes,
  bytesLike,
  duration,
  loss,
  parameters,
  percent,
  shortName,
  small,
} from '../../../../src/app/shared/format.ts';
import { shortTarget } from '../../../../src/app/shared/target-name.ts';
import { fileName } from '../../../../src/files/file-name.ts';

describe('numbers', () => {
  test.each([
    [loss(1.28449), '1.284'],
    [loss(Number.NaN), 'not a number'],
    [bytes(344_064), '344 kB'],
    [bytes(3_700_000), '3.7 MB'],
    [parameters(921_600), '921,600'],
    [parameters(5_520_000), '5.5\u00a0M'],
    [parameters(1_240_000_000), '1.2\u00a0B'],
    [duration(40.2), '40 s'],
    [duration(190), '3 min 10 s'],
    [duration(7500), '2 h 5 min'],
    [percent(0.0069), '0.69 %'],
    [percent(0.31), '31 %'],
    [small(8.2e-4), '8.2e-4'],
    [small(0.001), '0.001'],
  ])('%s', (written, wanted) => expect(written).toBe(wanted));

  test('parts of a total share its unit', () => {
    const text = bytesLike(70_000_000);
    expect([44e6, 344_064, 25e6, 0, 2000].map(text)).toEqual(['44', '0.3', '25', '0', '< 0.1']);
  });
});

describe('words that changed', () => {
  test('are those outside a longest common subsequence', () => {
    expect(changedWords('The sea is large.', 'The sea be large, matey.')).toEqual([
      { text: 'The sea ', changed: false },
      { text: 'be large, matey.', changed: true },
    ]);
    expect(changedWords('', 'Arr')).toEqual([{ text: 'Arr', changed: true }]);
  });

  test('joined they are the answer, and nothing changed between equals', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c', '\n', '  ', 'matey!')).map((all) => all.join(' '));
    fc.assert(
      fc.property(words, words, (before, after) => {
        const joined = changedWords(before, after).map(({ text }) => text);
        expect(joined.join('')).toBe(after);
        expect(changedWords(after, after).some(({ changed }) => changed)).toBe(false);
      }),
    );
  });
});

test.each([
  ['short', 10, 'short'],
  ['one two three', 8, 'one two…'],
  ['ab👨‍👩‍👧‍👦cd', 6, 'ab…'],
])('the beginning of %s, in %i', (text, most, wanted) => expect(beginning(text, most)).toBe(wanted));

test('a long file name loses its middle alone', () => {
  expect(shortName('rows.jsonl')).toBe('rows.jsonl');
  const short = shortName(`${'a very long name '.repeat(5)}(copy 2).jsonl`);
  expect(short).toMatch(/^a very long name .*…copy 2\)\.jsonl$/);
  expect(short).toHaveLength(40);
});

test.each([
  ['Sample: talk like a pirate', 'Talk like a pirate'],
  ['my rows.jsonl', 'my rows'],
])('%s gives the run’s name', (title, name) => expect(runNameOf(title)).toBe(name));

test.each([
  ['Talk like a pirate', 'talk-like-a-pirate'],
  ['Übung / 1', 'ubung-1'],
  ['🏴', 'lowrank'],
])('%s as the name of a file', (name, wanted) => expect(fileName(name)).toBe(wanted));

test('targets lose their ending, other names stay', () => {
  expect(['q_proj', 'gate_proj', 'c_attn'].map(shortTarget)).toEqual(['q', 'gate', 'c_attn']);
});
