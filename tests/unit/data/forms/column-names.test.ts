import { expect, test } from 'vitest';
import { pathsIn, wordsOf } from '../../../../src/data/forms/column-names.ts';

test('paths go to the texts inside columns', () => {
  const row = {
    q: 'a',
    answers: { text: ['b', 'c'], start: [1] },
    deep: { a: { b: { c: { d: { e: { f: { g: 1 } } } } } } },
  };
  expect(pathsIn([row])).toEqual(['answers.text.0', 'answers.start.0']);
  expect(pathsIn([{ q: '[sic] a', answers: JSON.stringify(row.answers) }])).toEqual([
    'answers.text.0',
    'answers.start.0',
  ]);
});

test.each([
  ['Cust. wrote', ['cust', 'wrote']],
  ['userMessage', ['user', 'message']],
  ['answers.text.0', ['answers', 'text']],
  ['Qual é a pergunta?', ['qual', 'é', 'a', 'pergunta']],
  ['प्रश्न', ['प्रश्न']],
])('words of %s', (name, words) => expect(wordsOf(name)).toEqual(words));
