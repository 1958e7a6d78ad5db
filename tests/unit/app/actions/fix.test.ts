import { expect, test } from 'vitest';
import { fixOf } from '../../../../src/app/actions/fix.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import { defaultSettings } from '../../../../src/run/settings.ts';
import { injected } from '../../../faults/injected.ts';

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
