import { plainPlan, WASM_BYTES_PER_WEIGHT } from '../../engine/plain/plan.ts';
import { UserError } from '../../errors.ts';
import { WASM_BYTES } from '../../gpu/wasm.ts';
import { trainableParameters } from '../../methods/parameters.ts';
import { adapterModules } from '../../model/families/names.ts';
import type { RunSettings } from '../../run/settings.ts';
import type { EngineNeed } from './engine-need.ts';
import type { Listener, OpenModel } from './workspace.ts';

/** What a run will take: on a GPU as it will be allocated, without one as far as tfjs lets it be known. */
export async function planOf({ host, config, info }: OpenModel, need: EngineNeed) {
  const plan = await host.plan(need);
  if (plan) return plan;
  const trainable = trainableParameters(adapterModules(config, need.lora.targets), need.lora);
  const plain = plainPlan(config, WASM_BYTES_PER_WEIGHT * info.parameters, 4 * trainable, need.shape);
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

/** Refuses what WebAssembly cannot hold before anything is loaded. @throws UserError `does-not-fit` */
export async function fitIntoWasm(model: OpenModel, need: EngineNeed): Promise<void> {
  if (need.device !== 'wasm') return;
  const plan = await planOf(model, need);
  if (plan.total <= WASM_BYTES) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new UserError(
    'does-not-fit',
    `Without WebGPU this run would need about ${gigabytes(plan.total)} of memory, but WebAssembly has at most ${gigabytes(WASM_BYTES)}. Nothing was changed. ${await whatWouldFit(model, need)}`,
  );
}

async function whatWouldFit(model: OpenModel, need: EngineNeed): Promise<string> {
  const { maxRows, maxLength } = need.shape;
  const fits = async (shape: { maxRows: number; maxLength: number }) =>
    (await planOf(model, { ...need, shape: { ...need.shape, ...shape } })).total <= WASM_BYTES;
  const rows = await largest(maxRows, (maxRows) => fits({ maxRows, maxLength }));
  if (rows >= 1)
    return `A batch size of ${rows} would fit, as would a smaller model; or use a browser with WebGPU.`;
  const tokens = await largest(maxLength, (maxLength) => fits({ maxRows: 1, maxLength }));
  if (tokens >= SHORTEST)
    return `A batch size of 1 with a max length of ${tokens} would fit, as would a smaller model; or use a browser with WebGPU.`;
  const millions = Math.floor(WASM_BYTES / WASM_BYTES_PER_WEIGHT / 50e6) * 50;
  return `Use a browser with WebGPU, or a model of fewer than ${millions} million parameters.`;
}

/** The largest whole number below `end` that fits, 0 where none does. */
async function largest(end: number, fits: (value: number) => Promise<boolean>): Promise<number> {
  let low = 0;
  let high = end;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (await fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Tokens below which rows hold next to nothing. */
const SHORTEST = 32;

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
