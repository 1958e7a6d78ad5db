import { stepLeft } from '../state/conversation.ts';
import type { Movement } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { knownAt, useThen } from '../state/then.ts';

/** How far each part has moved: as the run measured it last, or at the chosen step; null until that is known. */
export function useMovement(): Movement | null {
  const last = useApp(({ run }) => run.movement);
  const left = useApp(stepLeft);
  return useThen((then) =>
    then.step === null || then.step === left ? last : (knownAt(then, then.step).movement ?? null),
  );
}
