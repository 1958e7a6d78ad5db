import type { ErrorCode } from '../../error-codes.ts';
import type { RunSettings } from '../../run/settings.ts';
import { small } from '../shared/format.ts';
import { getApp } from '../state/store.ts';
import { newRun } from './run.ts';
import { loadSaved } from './saved.ts';
import { changeSettings } from './settings.ts';

/** The next thing that a failed run offers to do. */
export interface Fix {
  label: string;
  run(): void;
}

/** What the page can do about a failure; null where it can do nothing. */
export function fixOf(code: ErrorCode): Fix | null {
  if (code === 'diverged') {
    const halved = getApp().settings.learningRate / 2;
    return smaller(`Set the learning rate to ${small(halved)}`, { learningRate: halved });
  }
  if (code === 'out-of-memory') {
    const { batch, checkpointing } = getApp().settings;
    if (batch > 1) return smaller(`Set the batch size to ${batch >> 1}`, { batch: batch >> 1 });
    if (checkpointing !== 'on') return smaller('Turn on activation checkpointing', { checkpointing: 'on' });
  }
  if (code === 'device-lost')
    return {
      label: 'Go to the saved run',
      run() {
        newRun();
        void loadSaved();
      },
    };
  return null;
}

function smaller(label: string, change: Partial<RunSettings>): Fix {
  return {
    label,
    run() {
      newRun();
      changeSettings(change);
    },
  };
}
