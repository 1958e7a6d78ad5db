import { expect, test } from 'vitest';
import { guessColumns, pathsIn } from '../../../../src/data/forms/column-names.ts';

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

test('paths go to the texts inside columns', () => {
  const row = { q: 'a', answers: { text: ['b', 'c'], start: [1] }, deep: { a: { b: { c: { d: 1 } } } } };
  expect(pathsIn([row])).toEqual(['answers.text.0', 'answers.start.0']);
  expect(pathsIn([{ q: '[sic] a', answers: JSON.stringify(row.answers) }])).toEqual([
    'answers.text.0',
    'answers.start.0',
  ]);
});
