import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, expect, test } from 'vitest';
import { Method, methodChange } from '../../../../src/app/setup/method.tsx';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { type AppState, useApp } from '../../../../src/app/state/store.ts';
import { METHOD_NAMES } from '../../../../src/methods/names.ts';
import { restoreState } from '../restore-state.ts';

restoreState(useApp);

/** Rendered outside a page, the store shows how it began. */
const start = useApp.getInitialState();
const setApp = (state: Partial<AppState>) => void Object.assign(start, state);
afterEach(() => setApp({ settings: PAGE_DEFAULTS }));

test('every method is offered, with a sentence on when to take the chosen one', () => {
  for (const { value, when } of METHOD_NAMES) {
    setApp({ settings: { ...PAGE_DEFAULTS, method: value } });
    const html = renderToStaticMarkup(<Method />);
    expect(html).toContain(when);
    expect(/<option value="([a-z0-9]*)" selected="">/.exec(html)?.[1]).toBe(value);
    for (const { label } of METHOD_NAMES) expect(html).toContain(`>${label}</option>`);
  }
});

test('a learning rate that is usual for one method becomes what is usual for the next; another stays', () => {
  expect(methodChange({ method: 'lora', learningRate: 1e-3 }, 'prompt')).toEqual({
    method: 'prompt',
    learningRate: 3e-2,
  });
  expect(methodChange({ method: 'prompt', learningRate: 3e-2 }, 'lora').learningRate).toBe(1e-3);
  expect(methodChange({ method: 'lora', learningRate: 5e-4 }, 'prompt')).toEqual({ method: 'prompt' });
});

test('the page begins with the rate that is usual for its method', () => {
  const { method, learningRate } = PAGE_DEFAULTS;
  expect(METHOD_NAMES.find(({ value }) => value === method)!.rate).toBe(learningRate);
});
