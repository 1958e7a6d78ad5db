import { isBusy } from '../state/run.ts';
import { getApp, setApp } from '../state/store.ts';
import { endTour } from '../state/tour.ts';
import { changeTime } from './answers.ts';
import { teachByHand, teaches } from './by-hand.ts';
import { closeSheets } from './cards.ts';
import { canTrain, newRun, pause, resume, stop, train } from './run.ts';

/** Something that the user can do, as one small object: buttons, keys and the list of shortcuts read it. */
export interface Action {
  id: string;
  label: string;
  /** As `KeyboardEvent.key`. */
  key?: string;
  /** How the key is written for people. */
  keyLabel?: string;
  enabled(): boolean;
  run(): void | Promise<void>;
}

const state = () => getApp().run.state;

export const trainAction: Action = {
  id: 'train',
  label: 'Train',
  key: 't',
  keyLabel: 'T',
  enabled: canTrain,
  run: () => (teaches(getApp()) ? teachByHand() : train()),
};

export const pauseAction: Action = {
  id: 'pause',
  label: 'Pause',
  key: ' ',
  keyLabel: 'Space',
  enabled: () => isBusy(state()) && state() !== 'paused',
  run: pause,
};

export const resumeAction: Action = {
  id: 'resume',
  label: 'Resume',
  key: ' ',
  keyLabel: 'Space',
  enabled: () => state() === 'paused',
  run: resume,
};

export const stopAction: Action = {
  id: 'stop',
  label: 'Stop',
  enabled: () => isBusy(state()),
  run: stop,
};

export const newRunAction: Action = {
  id: 'new-run',
  label: 'New run',
  enabled: () => !isBusy(state()),
  run: newRun,
};

export const presentAction: Action = {
  id: 'present',
  label: 'Present: loss, curve and one question, large',
  key: 'p',
  keyLabel: 'P',
  enabled: () => true,
  run: () => setApp({ presenting: true }),
};

const keysAction: Action = {
  id: 'keys',
  label: 'Show keyboard shortcuts',
  key: '?',
  keyLabel: '?',
  enabled: () => true,
  run: () => setApp({ keysShown: true }),
};

const closeAction: Action = {
  id: 'close',
  label: 'Close the open panel, or return to the last step',
  key: 'Escape',
  keyLabel: 'Esc',
  enabled: () => true,
  run: () => {
    endTour();
    setApp({ keysShown: false, drawer: false, writing: false });
    closeSheets();
    // And from an earlier step of the run to its end.
    changeTime(null);
  },
};

export const ACTIONS: readonly Action[] = [
  trainAction,
  pauseAction,
  resumeAction,
  stopAction,
  newRunAction,
  presentAction,
  keysAction,
  closeAction,
];

/** The action of a key press, or null where the key belongs to a field, a button or the browser. */
export function actionOfKey(event: KeyboardEvent): Action | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return null;
  const target = event.target as HTMLElement | null;
  if (target?.closest('input, textarea, select, [contenteditable], [role="slider"]')) return null;
  // Nothing may start while a modal dialog is open; the tour is not modal.
  if (event.key !== 'Escape' && document.querySelector('[aria-modal="true"]')) return null;
  // Space presses the focused button and scrolls a focused list; Escape and letters do not.
  if (
    event.key === ' ' &&
    target?.closest('button, a, summary, [role="tab"], [role="menuitem"], [tabindex="0"]')
  )
    return null;
  return ACTIONS.find((action) => action.key === event.key && action.enabled()) ?? null;
}
