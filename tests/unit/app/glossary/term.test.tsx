import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { PICTURE_NAMES } from '../../../../src/app/glossary/picture-names.ts';
import { TermPicture } from '../../../../src/app/glossary/pictures.tsx';
import { Ask, Explained, Term } from '../../../../src/app/glossary/term.tsx';

test('a term is a button with its own words, which says that it opens something', () => {
  const html = renderToStaticMarkup(<Term term="rank">Rank</Term>);
  expect(html).toMatch(
    /^<button type="button" [^>]*aria-haspopup="dialog" aria-expanded="false">Rank<\/button>$/,
  );
  expect(html).not.toContain('aria-label');
  expect(renderToStaticMarkup(<Ask term="rank" about="Rank" />)).toContain('title="Explain Rank"');
});

test('in a sentence each term is marked where it first stands, and no word is lost', () => {
  const text = 'The next piece gets a chance of 1 in 14; the next piece got less.';
  const html = renderToStaticMarkup(
    <Explained text={text} terms={{ 'a chance of': 'chance', 'next piece': 'token', absent: 'loss' }} />,
  );
  expect(html.replace(/<[^>]*>/g, '')).toBe(text);
  expect([...html.matchAll(/>([^<]*)<\/button>/g)].map(([, words]) => words)).toEqual([
    'next piece',
    'a chance of',
  ]);
  expect(renderToStaticMarkup(<Explained text="Nothing here." terms={{ loss: 'loss' }} />)).toBe(
    'Nothing here.',
  );
});

test.each(PICTURE_NAMES)('the picture %s is drawn in the house’s size, and says what it shows', (name) => {
  const html = renderToStaticMarkup(<TermPicture name={name} />);
  expect(html).toMatch(/^<svg viewBox="0 0 132 60" [^>]*aria-label="[^"]{8,}"/);
  expect(html.match(/<(path|rect|polygon|circle)/g)?.length).toBeGreaterThan(1);
  // Colours are those of the theme.
  expect(html).not.toMatch(/#[0-9a-f]{3}/i);
});
