import { type Batch, supervisedCount } from '../../data/batch.ts';
import { epochOrder } from '../../data/batches.ts';
import type { Engine } from '../../engine/engine.ts';
import { parameterKey } from '../../methods/keys.ts';
import {
  componentsOf,
  evaAdapter,
  type ObservedInputs,
  principalComponents,
  sitesByInput,
} from '../../methods/lora/starts/eva.ts';
import { OBSERVED, squaresOf } from '../../methods/lora/starts/observer.ts';
import { initialAdapter } from '../../methods/parameters.ts';
import type { AdapterWeights, LoraSettings } from '../../methods/types.ts';
import { adapterModules } from '../../model/families/names.ts';
import type { RunPlan } from './run-plan.ts';
import type { Workspace } from './workspace.ts';

/** What EVA is told of a run. */
type Given = Pick<RunPlan, 'dataset' | 'rows' | 'settings' | 'objective' | 'need'>;

/**
 * The adapter that EVA begins with, from the first rows that the run would see.
 * @param pass told of the batches that are done in a pass over the rows; what it throws ends it
 * @throws UserError `bad-setting` where the rows have too few supervised tokens
 */
export async function evaStart(
  { model: { config, host } }: Workspace,
  lora: LoraSettings,
  given: Given,
  pass: (number: number, done: number, batches: number) => void,
): Promise<AdapterWeights<LoraSettings>> {
  const { settings, need } = given;
  const batches = await batchesOf(given);
  const sites = [...sitesByInput(config, adapterModules(config, lora.targets)).keys()];
  const count = componentsOf(lora, settings.evaRho);
  let passes = 0;
  const observe = async (weights: AdapterWeights<LoraSettings>) => {
    passes++;
    const engine = await host.ensure({ ...need, adapterSettings: weights.settings }, () => {});
    return observed(engine, weights, batches, (done) => pass(passes, done, batches.length));
  };
  return evaAdapter(config, lora, await principalComponents(config, sites, count, settings.seed, observe));
}

async function batchesOf({ dataset, rows, settings, objective, need }: Given): Promise<Batch[]> {
  const order = epochOrder(rows, settings.seed, 0).slice(0, settings.evaRows);
  const batches: Batch[] = [];
  for (let at = 0; at < order.length; at += settings.batch) {
    const examples = await dataset.examples([...order.subarray(at, at + settings.batch)]);
    if (examples.length === 0) continue;
    const { batch } = objective.microBatch(examples, { ...settings, packing: false });
    batches.push(atTheirTokens(batch, need.shape.maxLength));
  }
  return batches;
}

/**
 * A batch of which the rows that a loss is taken on are the supervised tokens themselves, as PEFT chooses them, and not
 * the ones before, which predict them. A token that fills a row of the greatest length is left out.
 */
export function atTheirTokens({ rows, length, ids, labels, lengths }: Batch, most: number): Batch {
  const wide = Math.min(length + 1, most);
  const shifted: Batch = {
    ...{ rows, length: wide, ids: new Int32Array(rows * wide) },
    labels: new Int32Array(rows * wide).fill(-100),
    lengths: lengths.map((own) => Math.min(own + 1, wide)),
  };
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < lengths[row]; i++) {
      if (i < wide) shifted.ids[row * wide + i] = ids[row * length + i];
      if (i + 1 < wide) shifted.labels[row * wide + i + 1] = labels[row * length + i];
    }
  return shifted;
}

/** One pass over the rows. */
async function observed(
  engine: Engine,
  { settings, modules, values: directions }: AdapterWeights<LoraSettings>,
  batches: readonly Batch[],
  done: (batches: number) => void,
): Promise<ObservedInputs> {
  const fresh = initialAdapter(modules, settings, 0);
  for (const [key, values] of directions) fresh.values.set(key, values);
  await engine.setAdapter(fresh);
  const squares = new Map(modules.map(({ path }) => [path, 0]));
  let read = fresh;
  for (const [i, batch] of batches.entries()) {
    done(i);
    await engine.evaluate(batch, 1);
    read = (await engine.getAdapter()) as AdapterWeights<LoraSettings>;
    for (const { path } of modules)
      squares.set(path, squares.get(path)! + squaresOf(read.values.get(parameterKey(path, OBSERVED.norms))!));
  }
  const found = (path: string, name: string) => read.values.get(parameterKey(path, name))!;
  return {
    rows: supervisedCount(batches),
    products: new Map(modules.map(({ path }) => [path, found(path, OBSERVED.products)])),
    sums: new Map(
      modules.map((site) => [
        site.path,
        Float64Array.from(found(site.path, OBSERVED.sums).subarray(0, site.in)),
      ]),
    ),
    squares,
  };
}
