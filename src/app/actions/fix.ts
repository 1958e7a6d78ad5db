import { small } from '../shared/format.ts';
import { getApp } from '../state/store.ts';
import { changeSettings } from './estimate.ts';
import { newRun } from './run.ts';

/** The one next thing that a failed run offers. */
export interface Fix {
  label: string;
  run(): void;
}

/** What to do about a failure, where the page can do it. */
export function fixOf(code: string): Fix | null {
  if (code === 'diverged') {
    const halved = getApp().settings.learningRate / 2;
    return {
      label: `Set the learning rate to ${small(halved)}`,
      run() {
        newRun();
        changeSettings({ learningRate: halved });
      },
    };
  }
  return null;
}
