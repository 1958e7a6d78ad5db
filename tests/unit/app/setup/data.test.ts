import { describe, expect, test } from 'vitest';
import { pairsAsJsonLines, pairsOfPaste, pastedName } from '../../../../src/app/state/pairs.ts';

describe('written examples', () => {
  test('are JSON Lines without the half ones', () => {
    const text = pairsAsJsonLines([
      { prompt: ' Hi ', completion: 'Hello,\n"you"' },
      { prompt: 'half', completion: ' ' },
    ]);
    expect(text).toBe('{"prompt":"Hi","completion":"Hello,\\n\\"you\\""}\n');
  });

  test('come from a spreadsheet', () => {
    expect(pairsOfPaste('a\tb\n"two\nlines"\tc\tmore\n')).toEqual([
      { prompt: 'a', completion: 'b' },
      { prompt: 'two\nlines', completion: 'c' },
    ]);
    expect(pairsOfPaste('just words,\nand more')).toBeNull();
  });
});

test.each([
  ['{"prompt":"a","completion":"b"}', 'Pasted.jsonl'],
  ['{"a":1}\n{"a":2}', 'Pasted.jsonl'],
  ['[{"a":1}]', 'Pasted.json'],
  ['question,answer\nHi,"Hello, you"', 'Pasted.csv'],
  ['question\tanswer\nHi\tHello', 'Pasted.tsv'],
  ['A sentence, with a comma.', null],
  ['Two lines,\nof plain words.', null],
  ['', null],
])('a paste of %j', (text, wanted) => expect(pastedName(text)).toBe(wanted));
