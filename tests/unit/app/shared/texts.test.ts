import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileName } from '../../../../src/adapters/download-names.ts';
import { answerOf, questionOf } from '../../../../src/app/actions/open.ts';
import { runNameOf } from '../../../../src/app/actions/run.ts';
import { parseSetting } from '../../../../src/app/setup/setting-text.ts';
import { changedWords } from '../../../../src/app/shared/changed-words.ts';
import { bytes, bytesLike, duration, loss, percent, small } from '../../../../src/app/shared/format.ts';
import { shortTarget } from '../../../../src/app/shared/target-name.ts';

describe('numbers', () => {
  test.each([
    [loss(1.28449), '1.284'],
    [loss(Number.NaN), 'not a number'],
    [bytes(344_064), '344 kB'],
    [bytes(3_700_000), '3.7 MB'],
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

test('a row asks with what a person wrote and answers with what is trained', () => {
  const tokens = [
    { text: '<|im_start|>user\n', kind: 'template' },
    { text: 'What is', kind: 'context' },
    { text: ' love?', kind: 'context' },
    { text: 'Arr,', kind: 'trained' },
    { text: ' a feelin’.', kind: 'trained' },
    { text: '<|im_end|>', kind: 'trained' },
    { text: ' and more', kind: 'cut' },
  ];
  expect(questionOf(tokens)).toBe('What is love?');
  expect(answerOf(tokens)).toBe('Arr, a feelin’.');
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

describe('a setting typed in', () => {
  test.each([
    ['learningRate', '1e-4', 1e-4],
    ['learningRate', '0,0005', 0.0005],
    ['steps', '', null],
    ['targets', 'q_proj, v_proj', ['q_proj', 'v_proj']],
    ['packing', 'true', true],
    ['keep', 'null', null],
  ] as const)('%s “%s”', (key, text, value) => expect(parseSetting(key, text)).toEqual({ value }));

  test.each([
    ['rank', '0'],
    ['rank', 'eight'],
    ['learningRate', ''],
    ['epochs', '1.5'],
    ['maxLength', '4'],
  ] as const)('%s “%s” says what would be right', (key, text) =>
    expect(parseSetting(key, text)).toEqual({ error: expect.stringMatching(/\.$/) }),
  );
});
