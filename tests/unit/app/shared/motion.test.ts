import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const APP = 'src/app';

/** What may move by itself: none of these makes the page lay itself out again at every frame. */
const FREE = ['background-color', 'color', 'opacity', 'transform'];

test('nothing that takes part in the layout moves by itself: a page that draws takes time from a run on the processor', () => {
  const sheets = readdirSync(APP, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.css'),
  );
  expect(sheets.length).toBeGreaterThan(20);
  const moved = sheets.flatMap((path) =>
    [
      ...readFileSync(join(APP, path), 'utf8').matchAll(/(?:^|[\s{;])transition(?:-property)?:([^;}]+)/g),
    ].flatMap(([, value]) => value.split(',').map((one) => ({ path, property: one.trim().split(/\s+/)[0] }))),
  );
  expect(moved.map(({ property }) => property)).toContain('background-color');
  expect(moved.filter(({ property }) => !FREE.includes(property))).toEqual([]);
});
