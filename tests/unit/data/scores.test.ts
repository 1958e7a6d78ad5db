import { describe, expect, it } from 'vitest';
import { questionOf, withShots } from '../../../src/data/forms/questions.ts';
import { scoresOf } from '../../../src/data/scores.ts';

const pairs = (list: [answer: string, reference: string][]) =>
  list.map(([answer, reference]) => ({ answer, reference }));

describe('how right answers are', () => {
  it('counts labels whatever their case and full stop', () => {
    const scores = scoresOf(
      pairs([
        ['Happy.', 'happy'],
        ['sad', 'sad'],
        ['It is sad', 'sad'],
        ['happy', 'happy'],
      ]),
    );
    expect(scores).toEqual({
      exact_match: 0.5,
      label_accuracy: 0.75,
      json_valid: null,
      field_accuracy: null,
    });
  });

  it('counts fields of JSON objects, with those that an answer adds', () => {
    const scores = scoresOf(
      pairs([
        ['{"b":{"y":2,"x":1},"a":1}', '{"a":1,"b":{"x":1,"y":2}}'],
        ['{"a":1,"c":3}', '{"a":1}'],
        ['{"a":', '{"a":1}'],
      ]),
    );
    expect(scores).toEqual({
      exact_match: 0,
      label_accuracy: null,
      json_valid: 2 / 3,
      field_accuracy: 3 / 5,
    });
  });

  it('has only equality to say of free text, and nothing of nothing', () => {
    expect(scoresOf(pairs([[' Arr, matey! ', 'Arr, matey!']]))).toMatchObject({
      exact_match: 1,
      label_accuracy: null,
    });
    expect(scoresOf([]).exact_match).toBeNull();
  });
});

describe('a row as a question', () => {
  const chat = questionOf(
    {
      kind: 'messages',
      messages: [
        { role: 'system', content: 'S', train: false },
        { role: 'user', content: 'A', train: false },
        { role: 'assistant', content: 'B', train: true },
        { role: 'user', content: 'C', train: false },
        { role: 'assistant', content: 'D', train: true },
      ],
    },
    3,
  )!;

  it('ends before the last answer', () => {
    expect(chat).toMatchObject({ line: 3, reference: 'D' });
    expect(chat.turns.map(({ content }) => content)).toEqual(['S', 'A', 'B', 'C']);
    expect(questionOf({ kind: 'text', text: 'T' }, 1)).toBeNull();
  });

  it('takes examples in front, and one system turn', () => {
    const pair = questionOf({ kind: 'pair', prompt: 'P', completion: 'Q' }, 1)!;
    expect(withShots(chat, [pair]).turns.map(({ role, content }) => `${role} ${content}`)).toEqual([
      'system S',
      'user P',
      'assistant Q',
      'user A',
      'assistant B',
      'user C',
    ]);
  });
});
