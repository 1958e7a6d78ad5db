import { plainPlan } from '../../engine/plain/plan.ts';
import { UserError } from '../../errors.ts';
import { trainableParameters } from '../../methods/parameters.ts';
import { adapterModules } from '../../model/families/names.ts';
import type { RunSettings } from '../../run/settings.ts';
import type { EngineNeed } from './engine-need.ts';
import type { Listener, OpenModel } from './workspace.ts';

/** What a run will take: on a GPU as it will be allocated, without one as far as tfjs lets it be known. */
export async function planOf({ host, config, info }: OpenModel, need: EngineNeed) {
  const trainable = trainableParameters(adapterModules(config, need.lora.targets), need.lora);
  const plan = await host.plan(need);
  if (plan) return plan;
  const plain = plainPlan(config, 8 * info.parameters, 4 * trainable, need.shape);
  return { ...plain, total: plain.base + plain.adapter + plain.optimizer + plain.activation };
}

/** What checkpointing changes, for the sentence that it was turned on. */
const COSTS = 'the same numbers, but each layer’s forward pass is computed twice';

/** Makes a run fit by activation checkpointing where that is left to us. @throws UserError `does-not-fit` */
export async function fitInto(
  model: OpenModel,
  need: EngineNeed,
  settings: RunSettings,
  limit: number,
  emit: Listener,
): Promise<void> {
  let plan = await planOf(model, need);
  if (plan.total <= limit) return;
  if (settings.checkpointing === 'auto' && need.device !== 'wasm') {
    need.checkpointing = true;
    plan = await planOf(model, need);
    if (plan.total <= limit) {
      emit({
        type: 'warning',
        text: `Activation checkpointing was turned on to stay within the memory limit: ${COSTS}.`,
      });
      return;
    }
  }
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new UserError(
    'does-not-fit',
    `The run needs ${megabytes(plan.total)} of memory, but the limit (--memory-limit) is ${megabytes(limit)}. Nothing was changed. Use a smaller batch, shorter rows, or fewer bits for the base model.`,
  );
}

/** A phone ends a tab that takes more without a word, and nothing says how much is left. */
const PHONE_BYTES = 700e6;

/** On a phone, turns on checkpointing where a run would take much; what takes more even then is tried all the same. */
export async function spareMemory(
  model: OpenModel,
  need: EngineNeed,
  settings: RunSettings,
  emit: Listener,
): Promise<void> {
  if (!isPhone() || need.device === 'wasm' || settings.checkpointing !== 'auto') return;
  if ((await planOf(model, need)).total <= PHONE_BYTES) return;
  need.checkpointing = true;
  emit({
    type: 'warning',
    text: `Activation checkpointing was turned on, since phones have little memory: ${COSTS}.`,
  });
}

function isPhone(): boolean {
  type Told = { userAgentData?: { mobile: boolean }; userAgent?: string };
  const { userAgentData, userAgent = '' } = (globalThis.navigator ?? {}) as Told;
  return userAgentData?.mobile ?? /Android|iPhone|iPad/.test(userAgent);
}
