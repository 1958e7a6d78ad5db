import type { MemoryPlan } from '../../engine/memory-plan.ts';
import { UserError } from '../../errors.ts';
import { MOST_BYTES } from '../../processor/memory.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { EngineNeed } from './engine-need.ts';
import { EngineHost } from './engines.ts';
import type { Listener, OpenModel } from './workspace.ts';

/** What a run will take, as it will be allocated. */
export function planOf({ host }: OpenModel, need: EngineNeed): Promise<MemoryPlan> {
  return host.plan(need);
}

/** The same for a model that is not open yet. */
export async function planApart(
  { source, config }: Pick<OpenModel, 'source' | 'config'>,
  need: EngineNeed,
): Promise<MemoryPlan> {
  const host = new EngineHost(source, config);
  try {
    return await host.plan(need);
  } finally {
    await host.dispose();
  }
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
  if (settings.checkpointing === 'auto') {
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

/** Makes a run fit into WebAssembly by checkpointing, or refuses it before anything is loaded. @throws UserError `does-not-fit` */
export async function fitIntoWasm(
  model: OpenModel,
  need: EngineNeed,
  settings: RunSettings,
  emit: Listener,
): Promise<void> {
  if (need.device !== 'wasm') return;
  const plan = await planOf(model, need);
  if (plan.total <= MOST_BYTES) return;
  if (settings.checkpointing === 'auto') {
    need.checkpointing = true;
    if ((await planOf(model, need)).total <= MOST_BYTES) {
      emit({
        type: 'warning',
        text: `Activation checkpointing was turned on, since WebAssembly has little memory: ${COSTS}.`,
      });
      return;
    }
  }
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new UserError(
    'does-not-fit',
    `Without WebGPU this run would need about ${gigabytes(plan.total)} of memory, but WebAssembly has at most ${gigabytes(MOST_BYTES)}. Nothing was changed. ${await whatWouldFit(model, need)}`,
  );
}

/** Refuses a run whose teacher does not fit, before anything is loaded. @throws UserError `does-not-fit` */
export async function fitTeacher(
  model: OpenModel,
  need: EngineNeed,
  other: Pick<OpenModel, 'source' | 'config'> | null,
  limit?: number,
): Promise<void> {
  const most = Math.min(
    limit ?? Number.POSITIVE_INFINITY,
    need.device === 'wasm' ? MOST_BYTES : Number.POSITIVE_INFINITY,
  );
  const { total } = await (other ? planApart(other, need) : planOf(model, need));
  if (total <= most) return;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new UserError(
    'does-not-fit',
    `The teacher needs ${megabytes(total)} of memory for what it reads, but has ${megabytes(most)}. Nothing was changed. Use shorter rows, a shorter prompt, or fewer bits for the base model.`,
  );
}

async function whatWouldFit(model: OpenModel, need: EngineNeed): Promise<string> {
  const { maxRows, maxLength } = need.shape;
  const fits = async (change: Partial<EngineNeed>) =>
    (await planOf(model, { ...need, ...change })).total <= MOST_BYTES;
  const rows = await largest(maxRows, (maxRows) => fits({ shape: { ...need.shape, maxRows } }));
  if (rows >= 1)
    return `A batch size of ${rows} would fit, as would a smaller model; or use a browser with WebGPU.`;
  const tokens = await largest(maxLength, (maxLength) => fits({ shape: { maxRows: 1, maxLength } }));
  if (tokens >= SHORTEST)
    return `A batch size of 1 with a max length of ${tokens} would fit, as would a smaller model; or use a browser with WebGPU.`;
  if (await fits({ dtype: 'q4' }))
    return 'It would fit with the base held in 4 bits (base precision q4); or use a browser with WebGPU.';
  return 'Use a browser with WebGPU, or a smaller model.';
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
  if (!isPhone() || settings.checkpointing !== 'auto') return;
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
