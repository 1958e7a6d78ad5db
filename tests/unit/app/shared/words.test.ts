import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Words that docs/words.md gives up for others. */
const GIVEN_UP = readFileSync('docs/words.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| word '))
  .flatMap((line) => line.split('|')[3].split(','))
  .map((word) => word.trim())
  .filter(Boolean);

/** What a source says to people: its strings with a space or a capital in them, and the text between tags. */
function sentences(source: string): string[] {
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^import .*$/gm, '');
  const strings = [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|"([^"\n]*)"|`((?:[^`\\]|\\.)*)`/g)];
  const between = [...code.matchAll(/>([^<>{}]*[A-Za-z][^<>{}]*)</g)];
  return [...strings, ...between]
    .map(([, ...parts]) => parts.find((part) => part !== undefined) ?? '')
    .map((text) => text.replace(/\$\{[^}]*\}/g, '…').replace(/\s+/g, ' '))
    .filter((text) => /[A-Z]|\w \w/.test(text));
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.tsx?$/.test(file),
);

test('the word list is read, and what is given up is found where it stands', () => {
  expect(GIVEN_UP.length).toBeGreaterThan(20);
  expect(sentences("<p>Lines set\n aside</p> label = 'Take it away'")).toEqual([
    'Take it away',
    'Lines set aside',
  ]);
});

test.each(files)('%s uses the words of docs/words.md', (file) => {
  const said = sentences(readFileSync(join('src', file), 'utf8'));
  const found = said.flatMap((text) =>
    GIVEN_UP.filter((word) => new RegExp(`\\b${word}\\b`, 'i').test(text)).map((word) => `${word}: ${text}`),
  );
  expect(found).toEqual([]);
});
