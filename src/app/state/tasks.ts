import { create } from 'zustand';
import type { StrategyName } from '../../lab/tasks/jobs.ts';
import type { Mix } from '../../lab/tasks/mix.ts';
import type { KeptTasks, TaskInput } from '../../worker/api/api.ts';
import type { PageError } from '../shared/page-error.ts';
import { whenErased } from './keeping.ts';

/** An experiment with several tasks: what the person gives to it, what it is at, and what it has measured. */
export interface TasksView {
  tasks: TaskInput[];
  strategies: readonly StrategyName[];
  /** Ways to merge, by name. */
  ways: readonly string[];
  mix: Mix;
  /** As typed, as all that follows. */
  temperature: string;
  /** Percent of the rows of each training; empty: nothing is replayed. */
  replayShare: string;
  /** Rows that are replayed; null: the page’s general ones. */
  replayFile: File | null;
  /** Of each strategy in all; empty: the settings’. */
  steps: string;
  /** With commas between; empty: the settings’ seed. */
  seeds: string;
  /** What this browser keeps has been asked for. */
  loaded: boolean;
  /** The experiment that is shown. */
  kept: KeptTasks | null;
  /** It is of an earlier visit. */
  restored: boolean;
  /** The person changes what was given to it: what is still true of it stays. */
  changing: boolean;
  /** The strategy whose adapter is reduced next; null: the first. */
  line: string | null;
  /** Which adapter is made or measured, for people. */
  now: string | null;
  error: PageError | null;
  warnings: string[];
}

export const NO_TASKS: TasksView = {
  ...{ tasks: [], strategies: ['together', 'sequence', 'merge'], ways: ['sum', 'ties', 'dare-ties'] },
  ...{ mix: 'rows', temperature: '2', replayShare: '', replayFile: null, steps: '', seeds: '' },
  ...{ loaded: false, kept: null, restored: false, changing: false },
  ...{ line: null, now: null, error: null, warnings: [] },
};

export const useTasks = create<TasksView>(() => NO_TASKS);

whenErased(() => useTasks.setState({ kept: null, restored: false, changing: false }));
