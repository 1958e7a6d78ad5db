import { UserError } from '../errors.ts';
import type { RunSettings } from '../train/settings.ts';
import type { EngineHost, EngineNeed } from './engines.ts';
import type { Listener } from './workspace.ts';

/** Makes a run fit by activation checkpointing where that is left to us. @throws UserError `does-not-fit` */
export async function fitInto(
  host: EngineHost,
  need: EngineNeed,
  settings: RunSettings,
  limit: number,
  emit: Listener,
): Promise<void> {
  let plan = await host.plan(need);
  if (!plan || plan.total <= limit) return;
  if (settings.checkpointing === 'auto') {
    need.checkpointing = true;
    plan = await host.plan(need);
    if (!plan || plan.total <= limit) {
      emit({
        type: 'warning',
        text: 'Activation checkpointing was turned on to stay within the memory limit: the same numbers, about a third slower.',
      });
      return;
    }
  }
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new UserError(
    'does-not-fit',
    `The run needs ${megabytes(plan.total)} of GPU memory, and the limit (--memory-limit) is ${megabytes(limit)}. Nothing was changed. Take a smaller batch, shorter rows, or fewer bits for the base.`,
  );
}
