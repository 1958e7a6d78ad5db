import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { WorkLine } from '../../../../src/app/setup/work-line.tsx';

const line = (long: boolean) =>
  renderToStaticMarkup(
    <WorkLine work={{ what: 'Reading rows', done: 3, total: 9, long }} again={() => undefined} />,
  );

test('work of which nothing is heard says so and can be begun again', () => {
  expect(line(true)).toMatch(/Reading rows · 3 of 9 · taking long.*Try again/);
  expect(line(false)).not.toMatch(/taking long|Try again/);
});
