import type { RunEvent, RunState } from './events.ts';

/** What may follow each state of a run. Nothing else ever does: the page and the commands can rely on it. */
export const TRANSITIONS: Readonly<Record<RunState, readonly RunState[]>> = {
  idle: ['loading'],
  // Opening the data, the model, a checkpoint. Without a GPU there is nothing to tune.
  loading: ['tuning', 'teaching', 'training', 'evaluating', 'saving', 'lost', 'finished', 'failed'],
  tuning: ['teaching', 'training', 'evaluating', 'saving', 'lost', 'finished', 'failed'],
  // A teacher reads the rows; then the student's own engine is made.
  teaching: ['loading', 'tuning', 'training', 'evaluating', 'saving', 'paused', 'lost', 'finished', 'failed'],
  training: ['paused', 'evaluating', 'saving', 'lost', 'finished', 'failed'],
  paused: ['training', 'teaching', 'lost', 'failed'],
  evaluating: ['training', 'saving', 'lost', 'finished', 'failed'],
  saving: ['training', 'lost', 'finished', 'failed'],
  // Everything on the device is gone.
  lost: ['recovering', 'failed'],
  // Back at the last checkpoint, on a new device.
  recovering: ['tuning', 'teaching', 'training', 'evaluating', 'saving', 'lost', 'finished', 'failed'],
  finished: ['loading'],
  failed: ['loading'],
};

/** The state of the one run, told to whoever listens whenever it changes. */
export class RunMachine {
  #state: RunState = 'idle';

  get state(): RunState {
    return this.#state;
  }

  /** @throws Error where the table does not allow it: that is a fault of ours */
  to(state: RunState, detail: string, tell: (event: RunEvent) => void): void {
    if (state !== this.#state && !TRANSITIONS[this.#state].includes(state))
      throw new Error(`a run cannot go from ${this.#state} to ${state}`);
    if (state === this.#state && detail === '') return;
    this.#state = state;
    tell({ type: 'state', state, detail });
  }
}
