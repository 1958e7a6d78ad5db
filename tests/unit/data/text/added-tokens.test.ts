import { expect, test } from 'vitest';
import { type AddedToken, AddedTokenSplitter } from '../../../../src/data/text/added-tokens.ts';

const token: AddedToken = {
  id: 1,
  content: 'ing',
  special: false,
  normalized: true,
  lstrip: false,
  rstrip: false,
  singleWord: true,
};
const splitter = new AddedTokenSplitter([{ text: 'ing', token }]);
const found = (text: string) => splitter.split(text).filter((piece) => piece.token).length;

/** One code point each, of every category that the rule names; those of two units are beyond U+FFFF. */
const OF_A_WORD = ['a', 'é', '\u0301', '٣', '_', '\u200d', '𐐀', '𝒜', '𞥐', '\u{e0100}', '𠀀'];
const OF_NO_WORD = [' ', '-', '.', '½', '\ufeff', '😀', '𐄀', '\u{1f3fb}', '\ud800', '\udc00'];

test.each(OF_A_WORD)('a token of a single word is none where %j touches it', (character) => {
  expect(found(`${character}ing`)).toBe(0);
  expect(found(`ing${character}`)).toBe(0);
  expect(found(`- ${character}ing${character} -`)).toBe(0);
});

test.each(OF_NO_WORD)('a token of a single word stands beside %j', (character) => {
  expect(found(`${character}ing`)).toBe(1);
  expect(found(`ing${character}`)).toBe(1);
  expect(found(`a${character}ing${character}a`)).toBe(1);
});

test('a token of a single word stands alone', () => {
  expect(splitter.split('ing')).toEqual([{ text: 'ing', begin: 0, token }]);
});
