import { expect, test } from 'vitest';
import { fixOf, modelFix } from '../../../../src/app/actions/fix.ts';
import { getApp, setApp, useApp } from '../../../../src/app/state/store.ts';
import type { ErrorCode } from '../../../../src/error-codes.ts';
import { defaultSettings } from '../../../../src/run/settings/list.ts';
import { injected } from '../../../faults/injected.ts';
import { restoreState } from '../restore-state.ts';

restoreState(useApp);

test('G2: behind a card without memory a smaller setting is offered, as long as there is one', (context) => {
  // The fault itself is injected elsewhere.
  injected(context, 0);
  const offered: string[] = [];
  setApp({ settings: defaultSettings({ batch: 4 }) });
  for (let fix = fixOf('out-of-memory'); fix; fix = fixOf('out-of-memory')) {
    offered.push(fix.label);
    const { batch } = getApp().settings;
    setApp({
      settings: {
        ...getApp().settings,
        ...(batch > 1 ? { batch: batch >> 1 } : { checkpointing: 'on' as const }),
      },
    });
  }
  expect(offered).toEqual([
    'Set the batch size to 2',
    'Set the batch size to 1',
    'Turn on activation checkpointing',
  ]);
});

test('G3: behind a card that was lost twice the saved run is offered', (context) => {
  injected(context, 0);
  expect(fixOf('device-lost')?.label).toBe('Go to the saved run');
  expect(fixOf('no-rows')).toBeNull();
});

test('after a model that did not open, what can be tried again is, and one that never will is not', () => {
  setApp({ modelFailed: { kind: 'hub', id: 'a/b' } });
  const label = (code: ErrorCode) => modelFix({ code, text: '' }).label;
  expect(label('page-file')).toBe('Try again');
  expect(label('worker-failed')).toBe('Try again');
  expect(label('page-outdated')).toBe('Reload the page');
  expect(label('hub-missing')).toBe('Correct the name');
  expect(label('no-weights')).toBe('Open the bundled model');
  // Nothing to try again.
  setApp({ modelFailed: null });
  expect(label('page-file')).toBe('Open the bundled model');
});
