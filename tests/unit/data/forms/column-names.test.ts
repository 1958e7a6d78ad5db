import { expect, test } from 'vitest';
import { guessColumns } from '../../../../src/data/forms/column-names.ts';

test.each([
  [['Question', 'Answer'], { prompt: 'Question', completion: 'Answer' }],
  [['id', 'label', 'review'], { prompt: 'review', completion: 'label' }],
  [
    ['System prompt', 'user', 'assistant'],
    { prompt: 'user', completion: 'assistant', system: 'System prompt' },
  ],
  [['input', 'output'], { prompt: 'input', completion: 'output' }],
  [['title', 'category'], { prompt: 'title', completion: 'category' }],
  [['a', 'b', 'c'], { prompt: 'a', completion: 'b' }],
  [['poem'], { text: 'poem' }],
  [[], null],
])('columns %j', (columns, wanted) => expect(guessColumns(columns)).toEqual(wanted));
