import type { ComponentType } from 'react';
import type { ExperimentId } from '../../worker/api/api.ts';
import { lazyPart } from '../region/lazy-part.tsx';
import { importPart } from '../shared/import-part.ts';
import { getApp } from '../state/store.ts';

export interface Dropped {
  path: string;
  file: File;
}

/** What the tab Lab offers, in the order of its choices: each is a line here, and a folder. */
export interface LabExperiment {
  id: ExperimentId;
  label: string;
  /** What it answers. */
  sentence: string;
  Part: ComponentType;
  /** Takes files that are dropped while it is shown. @returns false where they are for the page */
  take?(files: readonly Dropped[]): Promise<boolean>;
}

export const LAB: readonly LabExperiment[] = [
  {
    id: 'ladder',
    label: 'Ladder',
    sentence: 'Prompt, examples, search or training: what your task needs.',
    Part: lazyPart(() => import('../ladder/ladder.tsx')),
    take: async (files) =>
      (await importPart(() => import('../actions/ladder-inputs.ts'))).takeDocuments(files),
  },
  {
    id: 'distil',
    label: 'Distillation',
    sentence: 'Whether a smaller model learns the task from a larger one.',
    Part: lazyPart(() => import('../distil/distil.tsx')),
    take: async (files) =>
      (await importPart(() => import('../actions/distil-inputs.ts'))).takeQuestions(files),
  },
  {
    id: 'tasks',
    label: 'Several tasks',
    sentence: 'How one adapter learns several tasks, and what it forgets on the way.',
    Part: lazyPart(() => import('../tasks/tasks.tsx')),
    take: async (files) => (await importPart(() => import('../actions/tasks-inputs.ts'))).takeTasks(files),
  },
  {
    id: 'frontier',
    label: 'Several models',
    sentence: 'Which model, in which precision, is good enough, and what it costs.',
    Part: lazyPart(() => import('../frontier/frontier.tsx')),
    take: async (files) => (await importPart(() => import('../actions/frontier-inputs.ts'))).takeModel(files),
  },
];

/** Gives what was dropped on the tab to the experiment that is shown. @returns false where it is for the page */
export async function takeDropped(files: readonly Dropped[]): Promise<boolean> {
  const { lab } = getApp();
  return (await LAB.find(({ id }) => id === lab)?.take?.(files)) ?? false;
}
