import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, expect, test } from 'vitest';
import { FigureCharts } from '../../../../src/app/run/small-charts.tsx';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { useApp } from '../../../../src/app/state/store.ts';
import { restoreState } from '../restore-state.ts';

restoreState(useApp);

const before = useApp.getInitialState();
afterEach(() => void Object.assign(before, { run: EMPTY_RUN }));

/** Rendered outside a page, the store shows how it began. */
const charts = (run: Partial<typeof EMPTY_RUN>) => {
  Object.assign(before, { run: { ...EMPTY_RUN, ...run } });
  return renderToStaticMarkup(<FigureCharts />);
};

test('a chart for each figure that an objective names, with its last value and unit', () => {
  const html = charts({
    steps: 3,
    figures: [
      { key: 'margin', label: 'Margin', unit: 'nats', better: 'higher' },
      { key: 'share', label: 'Share', better: null },
      { key: 'lost', label: 'Lost', better: null },
    ],
    series: {
      ...EMPTY_RUN.series,
      step: [1, 2, 3],
      figures: {
        margin: [-1, 0, 0.5],
        share: [0.25, 0.75, Number.NaN],
        lost: [Number.NaN, Number.NaN, Number.NaN],
      },
    },
  });
  expect(html.match(/<svg/g)).toHaveLength(3);
  expect(html).toContain('>Margin</button></h2>');
  expect(html).toContain('>0.5 nats<');
  expect(html).toContain('aria-label="Margin by step: higher is better"');
  expect(html).toContain('aria-label="Share by step"');
  // What the last step did not tell is as it was told last.
  expect(html).toContain('>0.75<');
  expect(html).toContain('>not a number<');
  // Zero is in sight of the first alone.
  expect(html.match(/<line/g)).toHaveLength(1);
  expect(html).not.toContain('NaN');
});

test('none where the objective names none', () => {
  expect(charts({})).toBe('');
});
