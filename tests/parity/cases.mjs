/**
 * What `npm run parity` replays with PEFT. A case is a model, a dataset, a device and flags; more families are
 * more cases here and more entries in make_model.py.
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {{ bundled: true } | { family: string, dtype: 'float32' | 'float16' | 'bfloat16' }} model
 * @property {'webgpu' | 'wasm'} device
 * @property {string} data Relative to the project.
 * @property {Record<string, string | number>} flags Of `train`, beside the ones that every case has.
 * @property {typeof STORED} bounds
 * @property {boolean} [card] Whether the model card's Python lines are run, too.
 */

/** Bases stored as f32 or f16. */
const STORED = { loss: 1e-3, cosine: 0.999, change: 0.99, logits: 1e-3 };

const PIRATE = 'public/samples/pirate.jsonl';
const EXTRACT = 'public/samples/extract.jsonl';

/** @type {Case[]} */
export const CASES = [
  {
    name: 'bundled',
    model: { bundled: true },
    device: 'webgpu',
    data: PIRATE,
    flags: {},
    bounds: STORED,
    card: true,
  },
  {
    // Every flag that changes a step, and short last micro-batches: 3 × 2 rows a step.
    name: 'bundled-all-targets',
    model: { bundled: true },
    device: 'webgpu',
    data: EXTRACT,
    flags: {
      targets: 'all',
      rank: 5,
      alpha: 7,
      lr: 3e-3,
      schedule: 'cosine',
      warmup: 4,
      'weight-decay': 0.1,
      clip: 0.5,
      batch: 3,
      accumulate: 2,
      seed: 7,
    },
    bounds: STORED,
  },
  { name: 'bundled-wasm', model: { bundled: true }, device: 'wasm', data: PIRATE, flags: {}, bounds: STORED },
  {
    name: 'llama-untied',
    model: { family: 'llama-untied', dtype: 'float32' },
    device: 'webgpu',
    data: EXTRACT,
    flags: { batch: 3, schedule: 'constant' },
    bounds: STORED,
  },
  {
    name: 'llama-tied-f16',
    model: { family: 'llama-tied', dtype: 'float16' },
    device: 'webgpu',
    data: PIRATE,
    flags: { targets: 'q_proj,down_proj', rank: 3 },
    bounds: STORED,
  },
];
