import { describe, expect, it } from 'vitest';
import { isRight, judge, metricOf, scoreBy, sharedWords } from '../../../src/data/metric.ts';

describe('metrics', () => {
  it('are chosen by the references', () => {
    expect(metricOf(['yes', 'no', 'yes', 'no'])).toBe('labels');
    expect(metricOf(['{"a": 1}', '{"a": 2}'])).toBe('fields');
    expect(metricOf(['Paris', 'Rome', 'Oslo'])).toBe('answers');
    expect(metricOf(['Paris', 'x'.repeat(60)])).toBe('words');
  });

  it('judge each pair', () => {
    expect(isRight('labels', { answer: ' Yes. ', reference: 'yes' })).toBe(true);
    expect(isRight('answers', { answer: 'Yes', reference: 'yes' })).toBe(false);
    expect(isRight('fields', { answer: '{"a":1}', reference: '{"a": 1}' })).toBe(true);
    expect(isRight('words', { answer: 'a', reference: 'a' })).toBeNull();
    expect(sharedWords('the sea be salt', 'The sea, be salt!')).toBe(1);
    expect(sharedWords('a a a', 'a')).toBe(0.5);
    expect(sharedWords('', '')).toBe(1);
    expect(scoreBy('words', [{ answer: 'x', reference: 'y' }])).toBe(0);
    expect(scoreBy('labels', [])).toBe(0);
  });

  it('count what one answer has right, field by field, so that rows add up to the share of all', () => {
    const reference = '{"a": 1, "b": "x"}';
    expect(judge('fields', { answer: '{"a": 1, "c": 2}', reference })).toEqual({ right: 1, of: 3 });
    expect(judge('fields', { answer: 'no', reference })).toEqual({ right: 0, of: 2 });
    expect(judge('json', { answer: '{"z": 1}', reference: 'anything' })).toEqual({ right: 1, of: 1 });
    expect(judge('json', { answer: '{"z": 1', reference })).toEqual({ right: 0, of: 1 });
    const pairs = [
      { answer: '{"a": 1, "c": 2}', reference },
      { answer: reference, reference },
    ];
    expect(scoreBy('fields', pairs)).toBe(3 / 5);
  });
});
