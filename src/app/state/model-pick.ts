import type { ModelChoice } from '../../worker/api/api.ts';

/** A model as it is chosen: the one that is open, the bundled one, one on the hub, or files. */
export type ModelPick =
  | { kind: 'open' | 'bundled' }
  | { kind: 'hub'; text: string }
  | { kind: 'files'; choice: ModelChoice | null; name: string };
