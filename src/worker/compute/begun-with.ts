import type { Engine } from '../../engine/engine.ts';
import { methodOf } from '../../methods/list.ts';
import { startedAdapter } from '../../methods/parameters.ts';
import type { AdapterWeights } from '../../methods/types.ts';
import type { RunPlan } from './run-plan.ts';
import { startBase } from './start-base.ts';
import type { Workspace } from './workspace.ts';

/** The adapter as it began, where its method tells how far it has moved from there; null also where nobody knows any more. */
export async function begunWith(
  workspace: Workspace,
  { begun, adapterSettings, identity, settings }: RunPlan,
  engine: Engine,
): Promise<AdapterWeights | null> {
  if (!methodOf(adapterSettings).moved) return null;
  if (begun || identity.initAdapter) return begun;
  // A run that goes on has its start from seed and settings alone.
  const base = startBase(workspace, settings.baseDtype, engine);
  return startedAdapter(base, engine.modules, adapterSettings, settings.seed);
}
