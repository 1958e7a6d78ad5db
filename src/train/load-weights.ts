import { UserError } from '../errors.ts';
import type { Gpu } from '../gpu/device.ts';
import type { View } from '../gpu/memory.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { DecoderWeights, LayerWeights, Linear, Norm } from '../model/decoder-weights.ts';
import { type BlockLinear, FAMILIES, hasBias, type LinearRole, linearSize } from '../model/names.ts';
import type { GpuWeight, WeightType } from '../ops/types.ts';
import { asHalfWords, bfloatsFitHalf } from '../weights/convert.ts';
import { MAX_PIECE_BYTES, readFloats, readRows } from '../weights/load.ts';
import type { ModelSource, TensorEntry } from '../weights/source.ts';
import { type Encoded, encodeRows } from './encode-rows.ts';
import { splitWeight } from './split-weight.ts';

/**
 * Base weights from a source to the GPU, in chunks of at most 16 MiB, so that the heap never holds a whole model.
 * Linears that read the same input become one fused weight: q, k, v; gate, up.
 */

export type BaseDtype = 'auto' | 'f32' | 'f16' | 'q8' | 'q4' | 'nf4';

export type LoadProgress = (doneBytes: number, totalBytes: number) => void;

interface Loader {
  gpu: Gpu;
  source: ModelSource;
  config: DecoderConfig;
  dtype: BaseDtype;
  warnings: string[];
  squaredNorms: Map<string, number>;
  progress(bytes: number): void;
  signal?: AbortSignal;
  /** Allocates, on counting memory, and reads nothing. */
  plan: boolean;
}

export async function loadWeights(
  gpu: Gpu,
  source: ModelSource,
  config: DecoderConfig,
  dtype: BaseDtype,
  options: { progress?: LoadProgress; signal?: AbortSignal; plan?: boolean } = {},
): Promise<{ weights: DecoderWeights; warnings: string[] }> {
  const names = FAMILIES[config.family];
  const total = [...source.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
  let done = 0;
  const before = gpu.memory.of('base');
  const loader: Loader = {
    gpu,
    source,
    config,
    dtype,
    warnings: [],
    squaredNorms: new Map(),
    signal: options.signal,
    plan: options.plan ?? false,
    progress: (bytes) => {
      done += bytes;
      options.progress?.(done, total);
    },
  };
  const embedding = await loadMatrix(loader, names.embedding, config.vocab, config.hidden);
  const layers: LayerWeights[] = [];
  for (let layer = 0; layer < config.layers; layer++) layers.push(await loadLayer(loader, layer));
  const weights: DecoderWeights = {
    embedding,
    positions: names.positions
      ? await loadMatrix(loader, names.positions, config.maxPositions, config.hidden)
      : undefined,
    layers,
    finalNorm: await loadNorm(loader, names.finalNorm),
    head: config.tiedHead ? embedding : await loadMatrix(loader, names.head, config.vocab, config.hidden),
    bytes: 0,
    squaredNorms: loader.squaredNorms,
  };
  weights.bytes = gpu.memory.of('base') - before;
  return { weights, warnings: loader.warnings };
}

async function loadLayer(loader: Loader, layer: number): Promise<LayerWeights> {
  const { config } = loader;
  const names = FAMILIES[config.family];
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

async function loadNorm(loader: Loader, path: string): Promise<Norm> {
  const weight = await loadVector(loader, `${path}.weight`);
  return loader.config.norm === 'layer'
    ? { weight, bias: await loadVector(loader, `${path}.bias`) }
    : { weight };
}

async function readAll(loader: Loader, name: string): Promise<Float32Array> {
  const entry = entryOf(loader, name);
  loader.signal?.throwIfAborted();
  const values = await readFloats(loader.source, name);
  loader.progress(entry.bytes);
  return values;
}

async function loadVector(loader: Loader, name: string): Promise<View> {
  if (loader.plan) return loader.gpu.memory.allocate(name, 4 * entryOf(loader, name).shape[0], 'base');
  return upload(loader, name, await readAll(loader, name));
}

function upload(loader: Loader, label: string, values: Float32Array): View {
  const view = loader.gpu.memory.allocate(label, values.byteLength, 'base');
  loader.gpu.device.queue.writeBuffer(
    view.buffer,
    0,
    values.buffer as ArrayBuffer,
    values.byteOffset,
    values.byteLength,
  );
  return view;
}

function entryOf(loader: Loader, name: string): TensorEntry {
  const entry = loader.source.tensors.get(name);
  if (!entry)
    throw new UserError(
      'missing-tensor',
      `The model has no tensor called ${name}, which its architecture needs. Nothing was changed. Get the whole model again, or choose another.`,
    );
  return entry;
}

async function loadMatrix(loader: Loader, name: string, rows: number, cols: number): Promise<GpuWeight> {
  const part = { name, rows, cols, order: null, transposed: false };
  return splitWeight(loader.gpu, await loadRows(loader, name, [part]));
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

interface RowPart {
  name: string;
  rows: number;
  cols: number;
  /** Our row i ← the file's row order[i]. */
  order: Uint32Array | null;
  /** Stored [in, out]. */
  transposed: boolean;
}

async function loadLinear(loader: Loader, block: string, group: readonly BlockLinear[]): Promise<Linear> {
  const { config } = loader;
  const { conv1d } = FAMILIES[config.family];
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
  const weight = splitWeight(
    loader.gpu,
    await loadRows(loader, parts.map((part) => part.path).join(' '), rowParts),
  );
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
    calls: [{ row0: 0, n: out, bias, sColumn: 0 }],
    sWidth: 0,
  };
}

/** The type on the GPU for tensors that become one weight. */
async function chooseType(loader: Loader, parts: readonly RowPart[]): Promise<WeightType> {
  const cols = parts[0].cols;
  if (loader.dtype === 'f32') return 'f32';
  if (loader.dtype !== 'auto')
    return loader.dtype === 'f16' ? (cols % 4 === 0 ? 'f16' : 'f32') : quantised(loader, cols);
  let type: WeightType = 'q4';
  for (const part of parts) {
    const entry = entryOf(loader, part.name);
    if (entry.stored === 'F32') return 'f32';
    if (entry.stored === 'BF16' && !(await fitsHalf(loader, entry))) {
      if (!loader.warnings.some((text) => text.startsWith('bfloat16')))
        loader.warnings.push(
          'bfloat16 weights do not all fit in half precision, so some are held as float32: more memory, the same values.',
        );
      return 'f32';
    }
    if (entry.stored === 'F16' || entry.stored === 'BF16') type = 'f16';
    else if (type === 'q4' && !['Q4_0', 'Q4_1', 'Q4_K'].includes(entry.stored)) type = 'q8';
  }
  if (type === 'f16' && cols % 4 !== 0) return 'f32';
  return type;
}

function quantised(loader: Loader, cols: number): WeightType {
  const type = loader.dtype as WeightType;
  return cols % (type === 'nf4' ? 64 : 32) === 0 ? type : 'f16';
}

async function fitsHalf(loader: Loader, entry: TensorEntry): Promise<boolean> {
  if (loader.plan) return true;
  for await (const { bytes } of readRows(loader.source, entry.name))
    if (!bfloatsFitHalf(asHalfWords(bytes))) return false;
  return true;
}

/** Rows of all parts, one after another, as one weight. */
async function loadRows(loader: Loader, label: string, parts: readonly RowPart[]): Promise<GpuWeight> {
  const { gpu } = loader;
  const cols = parts[0].cols;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const type = await chooseType(loader, parts);
  const shape = encodeRows.sizes(type, rows, cols);
  const data = gpu.memory.allocate(label, shape.data, 'base');
  const scales = shape.scales > 0 ? gpu.memory.allocate(`${label} scales`, shape.scales, 'base') : undefined;
  const write = (row: number, encoded: Encoded) => {
    put(gpu, data, (shape.data / rows) * row, encoded.data);
    if (scales && encoded.scales) put(gpu, scales, (shape.scales / rows) * row, encoded.scales);
  };
  let row0 = 0;
  for (const part of loader.plan ? [] : parts) {
    let squares = 0;
    for await (const chunk of rowChunks(loader, part)) {
      const encoded = encodeRows(chunk, cols, type, part.name);
      squares += encoded.squares;
      write(row0 + chunk.row, encoded);
      // Bounds what the queue holds of data that was not copied yet.
      await gpu.device.queue.onSubmittedWorkDone();
    }
    loader.squaredNorms.set(part.name.replace(/\.weight$/, ''), squares);
    row0 += part.rows;
  }
  return { rows, cols, type, data, scales };
}

function put(gpu: Gpu, view: View, offset: number, bytes: Uint8Array): void {
  gpu.device.queue.writeBuffer(
    view.buffer,
    view.offset + offset,
    bytes.buffer as ArrayBuffer,
    bytes.byteOffset,
    bytes.byteLength,
  );
}

/** A part's rows in order: as stored where that will do, as float32 where columns must move. */
async function* rowChunks(
  loader: Loader,
  part: RowPart,
): AsyncGenerator<{ row: number; rows: number; stored: TensorEntry['stored']; bytes: Uint8Array }> {
  const entry = entryOf(loader, part.name);
  if (part.transposed) {
    const values = await readAll(loader, part.name);
    const turned = new Float32Array(values.length);
    for (let i = 0; i < part.cols; i++)
      for (let row = 0; row < part.rows; row++) turned[row * part.cols + i] = values[i * part.rows + row];
    yield { row: 0, rows: part.rows, stored: 'F32', bytes: new Uint8Array(turned.buffer) };
    return;
  }
  // Rows that move may come from anywhere: such a tensor (GPT-NeoX's q, k, v) is read whole.
  const pieceBytes = part.order ? entry.bytes : MAX_PIECE_BYTES;
  for await (const { rowBegin, rowEnd, bytes } of readRows(
    loader.source,
    part.name,
    0,
    part.rows,
    pieceBytes,
  )) {
    loader.signal?.throwIfAborted();
    loader.progress(bytes.length);
    yield {
      row: rowBegin,
      rows: rowEnd - rowBegin,
      stored: entry.stored,
      bytes: part.order ? reordered(bytes, part.order) : bytes,
    };
  }
}

function reordered(bytes: Uint8Array, order: Uint32Array): Uint8Array {
  const rowBytes = bytes.length / order.length;
  const moved = new Uint8Array(bytes.length);
  order.forEach((from, row) => {
    moved.set(bytes.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes);
  });
  return moved;
}
