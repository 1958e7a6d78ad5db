import type { RunSettings } from '../../run/settings/list.ts';

/** What an experiment with several tasks takes where nothing else is said, and what it cannot take. */

/** Of a task’s rows, where it has no held-out rows of its own. */
export const HELD_OUT_SHARE = 0.2;
/** PEFT and the paper of TIES keep between a fifth and all; a half is the middle of what is usual. */
export const MERGE_DENSITY = 0.5;
export const MIX_TEMPERATURE = 2;
export const REPLAY_SHARE = 0.05;
export const MERGE_WAYS = ['sum', 'ties', 'dare-ties'] as const;

/** A name is that of a folder, too. */
const NAME = /^[A-Za-z0-9_-]+$/;

export function isTaskName(name: string): boolean {
  return NAME.test(name);
}

/** Why a method or its start does not go with what is asked; null: it does. */
export function unfitting(
  { method, init }: Pick<RunSettings, 'method' | 'init'>,
  { merges, reduces }: { merges: boolean; reduces: boolean },
): 'virtual' | 'loftq' | 'not-lora' | null {
  if (merges && isVirtual(method)) return 'virtual';
  if (merges && init === 'loftq') return 'loftq';
  return reduces && method !== 'lora' ? 'not-lora' : null;
}

/** Virtual tokens change no weight: they cannot be merged or compared. */
export function isVirtual(method: RunSettings['method']): boolean {
  return method === 'prompt' || method === 'prefix';
}
