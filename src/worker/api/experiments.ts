import type { KeptDistil } from './distil.ts';
import type { KeptFrontier } from './frontier.ts';
import type { KeptLadder } from './ladder.ts';
import type { KeptTasks } from './tasks.ts';

/**
 * What each experiment of the lab keeps in the browser, whole: all that it takes to show it and to go on. Everything in it
 * can be cloned.
 */
export interface KeptExperiments {
  ladder: KeptLadder;
  distil: KeptDistil;
  tasks: KeptTasks;
  frontier: KeptFrontier;
}

export type ExperimentId = keyof KeptExperiments;
