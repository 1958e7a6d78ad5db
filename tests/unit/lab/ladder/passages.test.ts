import { expect, test } from 'vitest';
import { passagesOf } from '../../../../src/lab/ladder/passages.ts';

const long = (word: string, count: number) => Array.from({ length: count }, () => word).join(' ');

test('paragraphs are passages, short ones joined with what follows', () => {
  const one = `${long('one', 20)}.`;
  const two = `${long('two', 20)}.`;
  expect(passagesOf([{ name: 'a.txt', text: `Note:\n\n${one}\r\n\r\n${two}` }])).toEqual([
    `Note: ${one}`,
    two,
  ]);
});

test('a passage of Markdown begins with its heading, and a text has none', () => {
  const text = `# Boats #\n${long('red', 15)}.\nA second line.\n\n## Nets\n\nShort.\n`;
  expect(passagesOf([{ name: 'a.md', text }])).toEqual([
    `Boats: ${long('red', 15)}. A second line.`,
    'Nets: Short.',
  ]);
  expect(passagesOf([{ name: 'a.txt', text: '# Boats\n\nred' }])).toEqual(['# Boats red']);
});

test('a long paragraph is cut between sentences', () => {
  const sentence = `${long('word', 30)}.`;
  const passages = passagesOf([{ name: 'a.txt', text: `${sentence} ${sentence} ${sentence} ${sentence}` }]);
  expect(passages).toEqual([`${sentence} ${sentence}`, `${sentence} ${sentence}`]);
  expect(Math.max(...passages.map(({ length }) => length))).toBeLessThanOrEqual(400);
  // One sentence stays whole.
  expect(passagesOf([{ name: 'a.txt', text: long('word', 200) }])).toHaveLength(1);
});

test('of a page the text is read, without scripts, styles and tags', () => {
  const text = `<html><head><title>No</title><style>p { }</style></head><body><!-- <p>no</p> -->
    <h1>Boats &amp; nets</h1><script>if (1 < 2) no()</script>
    <p>The <b>red</b> boat costs 5&nbsp;&#8364; and &#x201C;sails&#x201D; well in a fair wind.</p>
    <ul><li>One</li><li>Two</li></ul></body></html>`;
  expect(passagesOf([{ name: 'a.HTML', text }])).toEqual([
    'Boats & nets: The red boat costs 5 € and “sails” well in a fair wind.',
    'Boats & nets: One Two',
  ]);
});

test('what is no document is refused by name', () => {
  expect(() => passagesOf([{ name: 'a.pdf', text: '%PDF' }])).toThrow(/^a\.pdf is not read/);
  expect(() => passagesOf([{ name: 'a.txt', text: ' \n' }])).toThrow('have no text');
  expect(passagesOf([])).toEqual([]);
});
