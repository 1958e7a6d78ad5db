import { describe, expect, test } from 'vitest';
import { Sieve } from '../../../../src/lab/distillation/sieve.ts';
import { row } from './asked.ts';

const ask = (text: string) => ({ turns: row(text, '').turns });
const said = (text: string, stop: 'eos' | 'length' = 'eos') => ({ text, stop });

describe('a question is left out', () => {
  const names = ['Ada', 'Bob', 'Cy', 'Di'];
  const rows = names.map((name) => row(`In Rome ${name} bought six pears on Monday.`, 'pears 6'));
  const held = [row('In Lima Nunan bought four shoes on Thursday.', 'shoes 4')];
  const sieve = () => new Sieve(rows, held);

  test('where it is empty or did not end', () => {
    expect(sieve().question(ask('  '))).toBe('empty');
    expect(sieve().question(ask('What is'), 'length')).toBe('cut');
    expect(sieve().question(ask('What is it?'))).toBeNull();
  });

  test('where a row asks it, or one that was made before, in any spelling', () => {
    const one = sieve();
    expect(one.question(ask('in rome  ada bought SIX pears on Monday.'))).toBe('repeated');
    expect(one.question(ask('Eve sold a hat.'))).toBeNull();
    expect(one.question(ask('eve sold a hat.'))).toBe('repeated');
  });

  test('where a held-out row asks it, whatever its system turn, or nearly', () => {
    expect(sieve().question(ask('in lima nunan bought four shoes on thursday.'))).toBe('near_held_out');
    expect(sieve().question({ turns: row(held[0].turns[0].content, '', 'Be brief.').turns })).toBe(
      'near_held_out',
    );
    expect(sieve().question(ask('On Thursday, Nunan bought four shoes, in Lima!'))).toBe('near_held_out');
  });

  test('and not where they share little but what most rows have', () => {
    expect(sieve().question(ask('In Rome Eve bought nine hats on Monday.'))).toBeNull();
    const long = 'Is this message a complaint, praise, a question or a request?';
    const labels = ['The box was open', 'I love it', 'Where is it?', 'Send me two'].map((text) =>
      row(`${long}\n\n${text}`, 'x'),
    );
    const one = new Sieve(labels.slice(1), labels.slice(0, 1));
    expect(one.question(ask(`${long}\n\nThe cup was broken`))).toBeNull();
    expect(one.question(ask(`${long}\n\nThe box was open!`))).toBe('near_held_out');
  });
});

describe('an answer is left out', () => {
  const plain = new Sieve([row('a', 'b')], []);

  test('where it is empty, did not end, or goes round in a circle', () => {
    expect(plain.answer(said(' \n'))).toBe('empty');
    expect(plain.answer(said('', 'length'))).toBe('cut');
    expect(plain.answer(said('It is', 'length'))).toBe('cut');
    expect(plain.answer(said('It is a cat and '.repeat(4)))).toBe('looping');
    expect(plain.answer(said('It is a cat and '.repeat(3)))).toBeNull();
    expect(plain.answer(said('no JSON at all'))).toBeNull();
  });

  test('where it is no JSON object and every row has one', () => {
    const json = new Sieve([row('a', '{"x": 1}'), row('b', '{"x": 2}')], []);
    expect(json.answer(said('{"x": 3}'))).toBeNull();
    for (const text of ['{"x": ', '[1]', 'three']) expect(json.answer(said(text))).toBe('not_json');
    const mixed = new Sieve([row('a', '{"x": 1}'), row('b', 'two')], []);
    expect(mixed.answer(said('three'))).toBeNull();
  });
});
