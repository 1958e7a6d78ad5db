import { describe, expect, test } from 'vitest';
import { guessColumns } from '../../../../src/app/setup/guess-columns.ts';
import { pairsAsJsonLines, pairsOfPaste, pastedName } from '../../../../src/app/state/pairs.ts';

test.each([
  [['Question', 'Answer'], { prompt: 'Question', completion: 'Answer' }],
  [['id', 'label', 'review'], { prompt: 'review', completion: 'label' }],
  [
    ['System prompt', 'user', 'assistant'],
    { prompt: 'user', completion: 'assistant', system: 'System prompt' },
  ],
  [['input', 'output'], { prompt: 'input', completion: 'output' }],
  [['a', 'b', 'c'], { prompt: 'a', completion: 'b' }],
  [['poem'], { text: 'poem' }],
  [[], null],
])('columns %j', (columns, wanted) => expect(guessColumns(columns)).toEqual(wanted));

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
