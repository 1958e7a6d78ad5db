import { ROOT } from '../paths.mjs';

/**
 * The kernels whose machine code is looked at: those of a GPU for the linear layers, the adapter and attention, at the
 * shapes of SmolLM2-135M with an adapter of rank 16, each in every tile that the tuner may choose.
 */

/**
 * @typedef {object} Text
 * @property {string} group what the kernel computes
 * @property {string} label its variant, and what else sets it apart
 * @property {string} code WGSL
 */

const HIDDEN = 576;
const INNER = 1536;
const RANK = 16;
const TOKENS = 1024;

/** Limits that every device has (WebGPU's defaults); features of desktop GPUs. */
const DEVICE = {
  software: false,
  limits: { maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupStorageSize: 16_384 },
  features: new Set(['shader-f16', 'subgroups']),
};

/** @param {number} bytes */
const view = (bytes = 1 << 24) => ({ buffer: {}, offset: 0, size: bytes });
/** @param {number} stride */
const matrix = (stride, column = 0, bytes = 4 * TOKENS * stride) => ({ view: view(bytes), stride, column });

/**
 * The kernels that an operation emits when the tuner takes the variant of this name, or what is preferred.
 *
 * @param {(e: any) => void} emit
 * @param {string | undefined} variant
 * @param {boolean} subgroupsOf8
 */
function recorded(emit, variant, subgroupsOf8) {
  /** @type {any[]} */
  const kernels = [];
  /** @type {any[]} */
  const sites = [];
  emit({
    ...{ ...DEVICE, subgroupsOf8 },
    choices: new Proxy({}, { get: () => variant }),
    chosen: {},
    add: (/** @type {any} */ dispatch) => kernels.push(dispatch.kernel),
    site: (/** @type {any} */ site) => sites.push(site),
    clear() {},
    scratch: (/** @type {string} */ _name, /** @type {number} */ bytes) => view(bytes),
  });
  return { kernels, sites };
}

/**
 * @param {{ subgroupsOf8?: boolean }} [device] what the GPU has; see `hasSubgroupsOf8`
 * @returns {Promise<Text[]>}
 */
export async function kernelTexts({ subgroupsOf8 = false } = {}) {
  const { createServer } = await import('vite');
  const server = await createServer({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  try {
    const load = (/** @type {string} */ path) => server.ssrLoadModule(path);
    const [linear, lora, attention, shaders] = [
      await load('/src/ops/webgpu/linear.ts'),
      await load('/src/ops/webgpu/lora.ts'),
      await load('/src/ops/webgpu/attention.ts'),
      await load('/src/gpu/shaders.ts'),
    ];
    const operations = [
      ...linearOperations(linear),
      ...adapterOperations(lora),
      ...attentionOperations(attention),
    ];
    return operations.flatMap((operation) => textsOf(operation, shaders.shaderText, subgroupsOf8));
  } finally {
    await server.close();
  }
}

/**
 * @typedef {object} Operation
 * @property {string} group
 * @property {(e: any) => void} emit
 * @property {string} [what] sets it apart from others of its group
 * @property {string} [only] one variant instead of all
 * @property {(label: string) => boolean} [among] which of the kernels that it emits
 */

/**
 * @param {Operation} operation
 * @param {(shader: string, constants: any) => string} shaderText
 * @param {boolean} subgroupsOf8
 * @returns {Text[]}
 */
function textsOf({ group, emit, what, only, among }, shaderText, subgroupsOf8) {
  const { sites } = recorded(emit, undefined, subgroupsOf8);
  const variants = only ? [only] : [...new Set(sites.flatMap((site) => site.variants))];
  /** @type {Text[]} */
  const texts = [];
  for (const name of variants)
    for (const { shader, label, constants } of recorded(emit, name, subgroupsOf8).kernels) {
      if (among && !among(label)) continue;
      // An operation of several dispatches has sites with other variants, which then take their own.
      if (!label.includes('attention') && !label.endsWith(name)) continue;
      texts.push({
        ...{ group, code: shaderText(shader, constants) },
        label: [name, what].filter(Boolean).join(', '),
      });
    }
  return texts;
}

/** @returns {Operation[]} */
function linearOperations(/** @type {any} */ { linearForward, linearBackward }) {
  const weight = (/** @type {string} */ type, rows = 2 * INNER, cols = HIDDEN) => ({
    ...{ type, rows, cols, data: view() },
    ...(['q8', 'q4', 'nf4'].includes(type) ? { scales: view(), quant: { block: 32, scaleType: 'f16' } } : {}),
  });
  /** Gate and up, which are one product with two adapters. */
  const block = (dropout = 0) => ({
    ...{ rank: RANK, scale: 2, dropout, a: view(), b: view() },
    parts: [0, 1].map((i) => ({ begin: i * INNER, end: (i + 1) * INNER, module: i })),
  });
  const sums = () => matrix(2 * RANK);
  const forward = (/** @type {string} */ type, /** @type {boolean} */ adapted) => (/** @type {any} */ e) =>
    linearForward(e, {
      ...{ x: matrix(HIDDEN), w: weight(type), n: 2 * INNER, k: HIDDEN, y: matrix(2 * INNER) },
      ...(adapted ? { lora: { block: block(), s: sums() } } : {}),
    });
  const backward =
    (/** @type {string} */ type, /** @type {boolean} */ adapted, dropout = 0) =>
    (/** @type {any} */ e) =>
      linearBackward(e, {
        ...{ dy: matrix(2 * INNER), w: weight(type), n: 2 * INNER, k: HIDDEN, dx: matrix(HIDDEN) },
        ...(adapted ? { lora: { block: block(dropout), ds: sums() } } : {}),
      });
  /** The tile that all types of weights are compared in. */
  const only = 'tiled-64x64x16-64';
  const types = ['f16', 'q8', 'q4', 'nf4'];
  return [
    { group: 'linear forward', emit: forward('f32', true) },
    { group: 'linear forward', what: 'no adapter', only, emit: forward('f32', false) },
    ...types.map((type) => ({ group: 'linear forward', what: type, only, emit: forward(type, true) })),
    ...['half-64x64x16-64', 'half-128x64x16-256'].map((half) => ({
      ...{ group: 'linear forward', what: 'f16', only: half, emit: forward('f16', true) },
    })),
    { group: 'linear backward', emit: backward('f32', true) },
    { group: 'linear backward', what: 'no adapter', only, emit: backward('f32', false) },
    { group: 'linear backward', what: 'dropout', only, emit: backward('f32', true, 0.1) },
    ...types.map((type) => ({ group: 'linear backward', what: type, only, emit: backward(type, true) })),
    ...['half-64x64x16-64', 'half-128x64x16-256'].map((half) => ({
      ...{ group: 'linear backward', what: 'f16', only: half, emit: backward('f16', true) },
    })),
  ];
}

/** @returns {Operation[]} */
function adapterOperations(/** @type {any} */ { loraDown, loraUp, loraUpBackward, loraDownBackward }) {
  const lora = (dropout = 0) => ({
    ...{ rank: RANK, scale: 2, dropout, a: view(), b: view() },
    parts: [{ begin: 0, end: INNER, module: 0 }],
  });
  const gradients = { a: view(), b: view() };
  const narrow = () => matrix(RANK);
  const down = (dropout = 0) => ({
    emit: (/** @type {any} */ e) =>
      loraDown(e, { x: matrix(HIDDEN), k: HIDDEN, lora: lora(dropout), s: narrow(), training: true }),
  });
  const up = (/** @type {any} */ e) =>
    loraUpBackward(e, {
      ...{ dy: matrix(INNER), s: narrow(), lora: lora(), gradients, ds: narrow(), n: INNER },
    });
  const gradientOfA =
    (dropout = 0) =>
    (/** @type {any} */ e) =>
      loraDownBackward(e, { ds: narrow(), x: matrix(HIDDEN), k: HIDDEN, lora: lora(dropout), gradients });
  return [
    { group: 'adapter, S = XAᵀ', ...down() },
    { group: 'adapter, S = XAᵀ', what: 'dropout', only: 'tiled-32x16x32-32', ...down(0.1) },
    {
      group: 'adapter, Y += S·Bᵀ',
      emit: (e) => loraUp(e, { s: narrow(), lora: lora(), y: matrix(INNER) }),
    },
    {
      ...{ group: 'adapter, dS = dY·B', emit: up },
      among: (label) => label.startsWith('lora up backward'),
    },
    {
      ...{ group: 'adapter, dB', emit: up },
      among: (label) => label.startsWith('lora gradient'),
    },
    { group: 'adapter, dA', emit: gradientOfA() },
    { group: 'adapter, dA', what: 'dropout', only: 'tiled-16x64x16-64', emit: gradientOfA(0.1) },
  ];
}

/** @returns {Operation[]} */
function attentionOperations(/** @type {any} */ { attentionForward, attentionBackward }) {
  const shape = (/** @type {number} */ headDim) => ({
    ...{ heads: 9, kvHeads: 3, headDim, scale: headDim ** -0.5, window: null, lse: view() },
    ...{ q: matrix(15 * headDim), k: matrix(15 * headDim, 9 * headDim) },
    ...{ v: matrix(15 * headDim, 12 * headDim), o: matrix(9 * headDim) },
  });
  const forward = (/** @type {number} */ headDim) => (/** @type {any} */ e) =>
    attentionForward(e, shape(headDim));
  const backward = (/** @type {number} */ headDim) => (/** @type {any} */ e) => {
    const d = () => matrix(15 * headDim);
    attentionBackward(e, { ...shape(headDim), do: matrix(9 * headDim), dq: d(), dk: d(), dv: d() });
  };
  return [64, 128, 256].flatMap((headDim) => {
    const one = { what: `head of ${headDim}`, only: 'tiled' };
    return [
      { ...one, group: 'attention forward', emit: forward(headDim) },
      ...['dQ', 'dK dV'].map((result) => ({
        ...{ ...one, group: `attention ${result}`, emit: backward(headDim) },
        among: (/** @type {string} */ label) => label.includes(result),
      })),
    ];
  });
}
