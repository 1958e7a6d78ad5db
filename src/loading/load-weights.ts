import type { DecoderConfig } from '../model/config.ts';
import type { BlockLinear, LinearRole } from '../model/families/family.ts';
import { hasBias, linearSize } from '../model/families/names.ts';
import type { Linear } from '../model/sublayers/linear.ts';
import type { NormWeights } from '../model/sublayers/norm.ts';
import type { DecoderWeights, LayerWeights } from '../model/weights.ts';
import type { View, WritableMemory } from '../ops/memory.ts';
import type { Weight } from '../ops/types.ts';
import type { ModelSource } from '../weights/source.ts';
import type { BaseDtype, MatrixUse } from './base-dtype.ts';
import { entryOf, type Loader, loadRows, type RowPart, readAll } from './load-rows.ts';

/**
 * Base weights from a source to the memory of an executor, in chunks of at most 16 MiB, so that the heap never holds a whole model.
 * Linears that read the same input become one fused weight: q, k, v; gate, up.
 */

export interface LoadOptions {
  progress?: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
  /** Allocates, on counting memory, and reads nothing. */
  plan?: boolean;
  /** Largest binding in bytes; the device's limit. */
  largestBinding?: number;
}

export async function loadWeights(
  { memory }: { memory: WritableMemory },
  source: ModelSource,
  config: DecoderConfig,
  dtype: BaseDtype,
  options: LoadOptions = {},
): Promise<{ weights: DecoderWeights; warnings: string[] }> {
  const names = config.family.tensors;
  const total = [...source.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
  let done = 0;
  const before = memory.of('base');
  const loader: Loader = {
    memory,
    source,
    config,
    dtype,
    warnings: [],
    squaredNorms: new Map(),
    signal: options.signal,
    plan: options.plan ?? false,
    largestBinding: options.largestBinding ?? memory.largestBinding,
    progress: (bytes) => {
      done += bytes;
      options.progress?.(done, total);
    },
  };
  const embedding = await loadTable(loader, names.embedding, config.vocab, 'embedding');
  const layers: LayerWeights[] = [];
  for (let layer = 0; layer < config.layers; layer++) layers.push(await loadLayer(loader, layer));
  const weights: DecoderWeights = {
    embedding,
    positions: names.positions
      ? await loadTable(loader, names.positions, config.maxPositions, 'positions')
      : undefined,
    layers,
    finalNorm: await loadNorm(loader, names.finalNorm),
    head: config.tiedHead ? embedding : await loadTable(loader, names.head, config.vocab, 'embedding'),
    bytes: 0,
    squaredNorms: loader.squaredNorms,
  };
  weights.bytes = memory.of('base') - before;
  return { weights, warnings: loader.warnings };
}

async function loadLayer(loader: Loader, layer: number): Promise<LayerWeights> {
  const { config } = loader;
  const names = config.family.tensors;
  const block = `${names.blocks}.${layer}`;
  const group = (...roles: LinearRole[]) =>
    loadLinear(
      loader,
      block,
      names.linears.filter((linear) => linear.roles.some((role) => roles.includes(role))),
    );
  return {
    norm1: await loadNorm(loader, `${block}.${names.norm1}`),
    qkv: await group('q', 'k', 'v'),
    qNorm: config.qkNorm ? await loadVector(loader, `${block}.${names.qNorm}.weight`) : undefined,
    kNorm: config.qkNorm ? await loadVector(loader, `${block}.${names.kNorm}.weight`) : undefined,
    o: await group('o'),
    postAttentionNorm: config.sandwichNorms
      ? await loadNorm(loader, `${block}.${names.postAttentionNorm}`)
      : undefined,
    norm2: await loadNorm(loader, `${block}.${names.norm2}`),
    gateUp: await group('gate', 'up'),
    down: await group('down'),
    postMlpNorm: config.sandwichNorms
      ? await loadNorm(loader, `${block}.${names.postFeedForwardNorm}`)
      : undefined,
  };
}

async function loadNorm(loader: Loader, path: string): Promise<NormWeights> {
  const weight = await loadVector(loader, `${path}.weight`);
  return loader.config.norm === 'layer'
    ? { weight, bias: await loadVector(loader, `${path}.bias`) }
    : { weight };
}

async function loadVector(loader: Loader, name: string): Promise<View> {
  if (loader.plan) return loader.memory.allocate(name, 4 * entryOf(loader, name).shape[0], 'base');
  return upload(loader, name, await readAll(loader, name));
}

function upload(loader: Loader, label: string, values: Float32Array): View {
  const view = loader.memory.allocate(label, values.byteLength, 'base');
  // A plan's buffers are counted and are no buffers.
  if (!loader.plan) loader.memory.write(view, values);
  return view;
}

function loadTable(loader: Loader, name: string, rows: number, use: MatrixUse): Promise<Weight> {
  return loadRows(loader, use, [{ name, rows, cols: loader.config.hidden, order: null, transposed: false }]);
}

/** Where our row i of a fused linear stands in the file's tensor; null where the order is the same. */
function rowOrder(config: DecoderConfig, linear: BlockLinear): Uint32Array | null {
  if (linear.split !== 'heads') return null;
  const { heads, headDim } = config;
  const order = new Uint32Array(3 * heads * headDim);
  for (let part = 0, at = 0; part < 3; part++)
    for (let head = 0; head < heads; head++)
      for (let j = 0; j < headDim; j++) order[at++] = (head * 3 + part) * headDim + j;
  return order;
}

async function loadLinear(loader: Loader, block: string, group: readonly BlockLinear[]): Promise<Linear> {
  const { config } = loader;
  const { conv1d } = config.family.tensors;
  const parts: Linear['parts'] = [];
  const rowParts: RowPart[] = [];
  const biases: Float32Array[] = [];
  let out = 0;
  for (const linear of group) {
    const path = `${block}.${linear.path}`;
    const size = linearSize(config, linear.roles);
    const order = rowOrder(config, linear);
    rowParts.push({
      name: `${path}.weight`,
      rows: size.out,
      cols: size.in,
      order,
      transposed: conv1d,
    });
    if (hasBias(config, linear.roles)) {
      const bias = loader.plan ? new Float32Array(size.out) : await readAll(loader, `${path}.bias`);
      biases.push(order ? bias.map((_, i) => bias[order[i]]) : bias);
    }
    const own = biases.at(-1);
    parts.push({
      // Alone too, since a binding cannot begin just anywhere in the whole.
      bias: own && group.length > 1 ? upload(loader, `${path} bias`, own) : undefined,
      target: path.slice(path.lastIndexOf('.') + 1),
      path,
      begin: out,
      end: out + size.out,
      rowOrder: order ?? undefined,
    });
    out += size.out;
  }
  const weight = await loadRows(loader, 'linear', rowParts);
  let bias: View | undefined;
  if (biases.length > 0) {
    const all = new Float32Array(out);
    biases.reduce((at, values) => {
      all.set(values, at);
      return at + values.length;
    }, 0);
    bias = upload(loader, `${block} bias`, all);
  }
  return {
    weight,
    bias,
    in: rowParts[0].cols,
    out,
    parts,
  };
}
