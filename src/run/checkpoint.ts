import { z } from 'zod';
import type { OptimizerState } from '../engine/engine.ts';
import { UserError } from '../errors.ts';
import { heldValues, joinValues, splitValues, trainableParameters } from '../methods/parameters.ts';
import type { AdapterSettings, AdapterWeights } from '../methods/types.ts';
import type { AdapterModule } from '../model/modules.ts';
import { bytesReader } from '../weights/range-reader.ts';
import { float32Bytes, type TensorToWrite, writeSafetensors } from '../weights/safetensors.ts';
import { hashOfCheckpoint, readCheckpointFile } from './checkpoint-file.ts';

/**
 * All that a run needs to go on as if nothing had happened: the adapter and both moments, and where it stands. Rows,
 * dropout and learning rate follow from settings and step alone. One safetensors file:
 *
 *     adapter                               float32: A then B of each module in turn, with what is frozen of them
 *     first_moment, second_moment           the same of what is trained
 *     best                                  as `adapter`, of the lowest held-out loss, where it is another
 *     reference                             the same for the adapter that the policy is compared with, where it is not the base
 *     reference_sums                        float64 [n, 2]: keys, and the reference's Σ log p kept under them
 *     __metadata__.run                      JSON: what run it is of, and `Progress`
 *     __metadata__.sha256                   of that JSON and the tensors
 */

/** A loss that was not a number is null in JSON. */
const Loss = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const Progress = z.object({
  step: z.int().min(0),
  epoch: z.int().min(0),
  tokens: z.int().min(0),
  supervised: z.int().min(0),
  seconds: z.number().min(0),
  lossFirst: z.number().nullable(),
  lossLast: z.number().nullable(),
  /** Updates skipped in a row just before. */
  skipped: z.int().min(0),
  evals: z.array(z.object({ step: z.int().min(0), loss: Loss })),
  best: z.object({ step: z.int().min(0), loss: Loss }).nullable(),
});
export type Progress = z.infer<typeof Progress>;

const Mapping = z.union([
  z.object({ prompt: z.string(), completion: z.string(), system: z.string().optional() }),
  z.object({ text: z.string() }),
]);

/** Which run a checkpoint belongs to: resuming anything else would be another run. */
const RunIdentity = z.object({
  version: z.literal(1),
  /** Model, with revision. */
  model: z.string(),
  /** Of the weights, where the name alone does not say which they are. */
  fingerprint: z.string().nullable().default(null),
  settings: z.record(z.string(), z.unknown()),
  /** The adapter that the run was begun with: its scale may be α/√rank, and its rank or alpha differ by module. */
  initAdapter: z
    .object({
      sha256: z.string(),
      rsLora: z.boolean(),
      rankPattern: z.record(z.string(), z.number()).optional(),
      alphaPattern: z.record(z.string(), z.number()).optional(),
      /** Of (IA)³: the targets whose inputs are scaled. */
      feedForward: z.array(z.string()).optional(),
    })
    .nullable()
    .default(null),
  /** `mapping`: the columns, where the person chose them. */
  dataset: z.object({ sha256: z.string(), rows: z.int(), mapping: Mapping.nullable().default(null) }),
  heldOut: z.object({ sha256: z.string(), rows: z.int() }).nullable(),
  /** Ranks that its start gave out, and the modules that it left. */
  start: z
    .object({
      targets: z.array(z.string()),
      rankPattern: z.record(z.string(), z.number()).optional(),
      alphaPattern: z.record(z.string(), z.number()).optional(),
    })
    .optional(),
  /** When the run began, in local time, where its chat template asks for a date. */
  date: z.string().optional(),
  /** Another choice sums in another order: the bytes would differ. */
  kernels: z.record(z.string(), z.string()),
  device: z.string(),
});
export type RunIdentity = z.infer<typeof RunIdentity>;

export interface TrainingState {
  progress: Progress;
  adapter: AdapterWeights;
  optimizer: OptimizerState;
  /** Null where the adapter itself is the best, or nothing is held out. */
  best: AdapterWeights | null;
  /** What an objective with a reference has of it; absent in others. */
  reference?: { adapter: AdapterWeights | null; sums: ReadonlyMap<number, number> } | null;
}

const Run = z.object({ identity: RunIdentity, progress: Progress });

export function writeCheckpoint(identity: RunIdentity, state: TrainingState): Uint8Array {
  const tensors = {
    adapter: joinValues(state.adapter),
    first_moment: state.optimizer.m,
    second_moment: state.optimizer.v,
    ...(state.best ? { best: joinValues(state.best) } : {}),
    ...(state.reference?.adapter ? { reference: joinValues(state.reference.adapter) } : {}),
  };
  const run = JSON.stringify({ identity, progress: state.progress });
  const entries: (TensorToWrite & { data: Uint8Array })[] = Object.entries(tensors).map(([name, values]) => ({
    name,
    dtype: 'F32',
    shape: [values.length],
    data: float32Bytes(values),
  }));
  if (state.reference) entries.push(sumsEntry(state.reference.sums));
  return writeSafetensors(entries, { run, sha256: hashOfCheckpoint(run, entries) });
}

const SUMS = 'reference_sums';

function sumsEntry(sums: ReadonlyMap<number, number>): TensorToWrite & { data: Uint8Array } {
  const pairs = Float64Array.from([...sums].flat());
  return { name: SUMS, dtype: 'F64', shape: [sums.size, 2], data: new Uint8Array(pairs.buffer) };
}

function sumsOf(bytes: Uint8Array): Map<number, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (i: number) => view.getFloat64(8 * i, true);
  return new Map(Array.from({ length: bytes.length / 16 }, (_, i) => [at(2 * i), at(2 * i + 1)]));
}

/** A checkpoint that is whole; what it holds for whom is checked by `stateFor`. */
export interface ReadCheckpoint {
  identity: RunIdentity;
  progress: Progress;
  tensors: Readonly<Record<string, Float32Array>>;
  /** Null where it has none. */
  referenceSums: ReadonlyMap<number, number> | null;
}

/** @throws UserError `bad-checkpoint` where the file is cut, damaged or none of ours */
export async function readCheckpoint(bytes: Uint8Array, name: string): Promise<ReadCheckpoint> {
  try {
    const { run, tensors: entries } = await readCheckpointFile(bytesReader(name, bytes));
    const tensors: Record<string, Float32Array> = {};
    let referenceSums: ReadonlyMap<number, number> | null = null;
    for (const { name: key, begin, end } of entries) {
      const data = Uint8Array.from(bytes.subarray(begin, end));
      if (key === SUMS) referenceSums = sumsOf(data);
      else tensors[key] = new Float32Array(data.buffer);
    }
    return { ...Run.parse(JSON.parse(run)), tensors, referenceSums };
  } catch (error) {
    throw new UserError(
      'bad-checkpoint',
      `The checkpoint ${name} cannot be used: ${error instanceof Error ? error.message : String(error)}. Your data and earlier checkpoints are safe. Resume from an earlier one, or start the run again.`,
    );
  }
}

/** The state for an engine with these modules. @throws UserError `bad-checkpoint` */
export function stateFor(
  { progress, tensors, referenceSums }: ReadCheckpoint,
  modules: readonly AdapterModule[],
  adapterSettings: AdapterSettings,
): TrainingState {
  const trained = trainableParameters(modules, adapterSettings);
  const held = heldValues(modules, adapterSettings);
  const { adapter, first_moment: m, second_moment: v, best, reference } = tensors;
  if (
    [m, v].some((values) => values?.length !== trained) ||
    adapter?.length !== held ||
    [best, reference].some((values) => values && values.length !== held)
  )
    throw new UserError(
      'bad-checkpoint',
      'The checkpoint holds a different adapter from the one that these settings make. Nothing was changed. Resume with the settings of the run.',
    );
  return {
    progress,
    adapter: splitValues(adapter, modules, adapterSettings),
    optimizer: { m, v },
    best: best ? splitValues(best, modules, adapterSettings) : null,
    reference: referenceSums && {
      adapter: reference ? splitValues(reference, modules, adapterSettings) : null,
      sums: referenceSums,
    },
  };
}

/** Names of what differs between two runs, as a person calls them; empty where one goes on from the other. */
export function differences(ours: RunIdentity, theirs: RunIdentity): string[] {
  const found: string[] = [];
  // The same weights may lie somewhere else by now.
  const sameModel = ours.fingerprint ? ours.fingerprint === theirs.fingerprint : ours.model === theirs.model;
  if (!sameModel) found.push('the model (--model)');
  if (ours.dataset.sha256 !== theirs.dataset.sha256) found.push('the data (--data)');
  else if (JSON.stringify(ours.dataset.mapping ?? null) !== JSON.stringify(theirs.dataset.mapping ?? null))
    found.push('the columns of the data');
  if (ours.heldOut?.sha256 !== theirs.heldOut?.sha256) found.push('the held-out data (--eval-data)');
  if (ours.initAdapter?.sha256 !== theirs.initAdapter?.sha256)
    found.push('the adapter it began with (--init-adapter)');
  const keys = new Set([...Object.keys(ours.settings), ...Object.keys(theirs.settings)]);
  for (const key of keys)
    if (JSON.stringify(ours.settings[key]) !== JSON.stringify(theirs.settings[key])) found.push(key);
  return found;
}
