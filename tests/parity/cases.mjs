/**
 * What `npm run parity` compares with other people's programs.
 *
 * @typedef {{ loss: number, cosine: number, change: number, logits: number }} Bounds
 * @typedef {{ bundled: true } | { family: string, dtype: 'float32' | 'float16' | 'bfloat16' }} Model
 *   A family is an entry of make_model.py.
 *
 * @typedef {object} Common
 * @property {string} name
 * @property {string} data Relative to the project.
 * @property {boolean} [all] Only with `--all`.
 *
 * @typedef {Common & { kind: 'replay', model: Model, device: 'webgpu' | 'wasm',
 *   flags: Record<string, string | number | true>, bounds: Bounds, card?: boolean, ranks?: boolean,
 *   rows?: 'pairs' | 'verdicts', trl?: boolean, teacher?: Model, file?: 'q4' | 'q8' }} Replay
 *   A run replayed by PEFT. `flags` are those of `train` beside what every case has; `card`: the model card's Python
 *   lines are run, too; `ranks`: it goes on from an adapter that PEFT made, with ranks and alphas by module; `rows`: what
 *   is made of the data, whose objective is then proposed; `trl`: TRL's own trainer takes the same steps, too;
 *   `teacher`: the model that is learned from; `file`: the base is written as a GGUF file of this precision first.
 * @typedef {Common & { kind: 'programs', model: Model, withoutMlx?: boolean, withoutGguf?: boolean,
 *   flags?: Record<string, string | number | true> }} Programs
 *   Every export, loaded by llama.cpp and mlx-lm; `withoutMlx`: the adapter for the latter must be refused,
 *   `withoutGguf`: that for the former; `flags` of `train` beside what every case has.
 * @typedef {Common & { kind: 'real', model: keyof typeof import('./real-models.mjs').REAL_MODELS,
 *   device: 'webgpu' | 'wasm', form: 'gguf' | 'f16', prompts: number, steps: number,
 *   flags: Record<string, string | number | true>, bounds: Bounds,
 *   exports?: import('../../scripts/parity/programs.mjs').Agreement }} Real
 *   A real model: greedy answers of transformers, logits, steps of PEFT; with `exports`, every export in its program.
 * @typedef {Common & { kind: 'continue', flags: Record<string, string | number | true>, bounds: Bounds }} Continue
 *   A run that is cut here and goes on with accelerate on two processes.
 * @typedef {Omit<Common, 'data'> & { kind: 'test', file: string }} Test
 *   A unit test that asks Python: files of rows of every kind, read by us and by the Python of a run that is taken
 *   elsewhere; random conversations in a collection of chat templates, rendered and masked by transformers.
 * @typedef {Omit<Common, 'data'> & { kind: 'fields' }} Fields
 *   One field of a model after another, and one kind of tokenizer: each export in its program, or its refusal.
 * @typedef {Omit<Common, 'data'> & { kind: 'merging' }} Merging
 *   Every way to merge adapters, beside PEFT and mergekit's definitions.
 * @typedef {Replay | Programs | Real | Continue | Test | Fields | Merging} Case
 */

/** Bases stored as f32 or f16. */
const STORED = { loss: 1e-3, cosine: 0.999, change: 0.99, logits: 1e-3 };
/**
 * Quantised bases, against the same values decoded by others. The change since initialisation is the sharp test; the
 * whole adapter's cosine follows from it.
 */
const QUANTISED = { loss: 2e-3, cosine: 0.998, change: 0.98, logits: 5e-3 };

/** A few steps of Adam move an entry by the sign of its gradient, and some of those are rounding. */
const few = (/** @type {Bounds} */ bounds) => ({ ...bounds, cosine: 0.998, change: 0.95 });

/** For real models, in halves. @type {import('../../scripts/parity/programs.mjs').Agreement} */
const REAL_PROGRAMS = { gguf: 0.02, merged: 0.02, mlx: 5e-3, made: 10 };

const PIRATE = 'public/samples/pirate.jsonl';
const EXTRACT = 'public/samples/extract.jsonl';

/** The families that are not replayed every time; their engines are checked by `npm test` on fixtures. */
const FAMILIES = ['llama3', 'mistral', 'qwen2', 'qwen3', 'gemma3', 'gpt2', 'gpt-neox'];

const PROMPT = { 'teacher-prompt': 'Answer in one short sentence, as a pirate would.' };
/** Another architecture with the same tokenizer. */
const TEACHER = { teacher: /** @type {Model} */ ({ family: 'qwen2', dtype: 'float32' }) };

/**
 * Each objective by its formula; DPO, IPO, ORPO and KTO in TRL's trainers too.
 * @type {(Pick<Replay, 'name' | 'flags'> & Partial<Replay>)[]}
 */
const OBJECTIVES = [
  { name: 'dft', flags: { objective: 'dft', accumulate: 2 } },
  { name: 'dpo', flags: { objective: 'dpo' }, rows: 'pairs', trl: true },
  { name: 'dpo-accumulated', flags: { objective: 'dpo', batch: 3, accumulate: 2, clip: 0.5 }, rows: 'pairs' },
  { name: 'dpo-from-adapter', flags: { objective: 'dpo', beta: 0.3 }, rows: 'pairs', trl: true, ranks: true },
  { name: 'dpo-webgpu', flags: { objective: 'dpo', batch: 2 }, rows: 'pairs', device: 'webgpu' },
  { name: 'ipo', flags: { objective: 'ipo' }, rows: 'pairs', trl: true },
  { name: 'orpo', flags: { objective: 'orpo' }, rows: 'pairs' },
  {
    name: 'orpo-rows',
    flags: { objective: 'orpo', beta: 0.5, 'nll-tokens': 'row' },
    rows: 'pairs',
    trl: true,
  },
  { name: 'simpo', flags: { objective: 'simpo', beta: 2, 'nll-weight': 0.1, accumulate: 2 }, rows: 'pairs' },
  { name: 'kto', flags: { objective: 'kto', beta: 0.3 }, rows: 'verdicts', trl: true },
  { name: 'bake', flags: { objective: 'bake', ...PROMPT, accumulate: 2 } },
  { name: 'bake-webgpu', flags: { objective: 'bake', ...PROMPT, batch: 2 }, device: 'webgpu' },
  { name: 'distil', flags: { objective: 'distil', 'distil-weight': 0.7, 'distil-top': 16 }, ...TEACHER },
  { name: 'distil-webgpu', flags: { objective: 'distil', batch: 2 }, ...TEACHER, device: 'webgpu' },
  { name: 'kto-webgpu', flags: { objective: 'kto', batch: 2 }, rows: 'verdicts', device: 'webgpu' },
];

/** DoRA beside PEFT's, and dropout. @type {(Pick<Replay, 'name' | 'flags' | 'model'> & Partial<Replay>)[]} */
const DORA = [
  ...['llama-untied', 'qwen2', 'gpt2'].flatMap((family) =>
    ['wasm', 'webgpu'].map((device) => ({
      name: `dora-${family === 'llama-untied' ? 'llama' : family}${device === 'wasm' ? '' : '-webgpu'}`,
      model: { family, dtype: /** @type {const} */ ('float32') },
      device: /** @type {'wasm' | 'webgpu'} */ (device),
      flags: { targets: 'all' },
      all: family !== 'qwen2' || device !== 'wasm',
    })),
  ),
  ...['wasm', 'webgpu'].flatMap((device) =>
    ['q8', 'q4', 'nf4'].map((dtype) => ({
      name: `dora-${dtype}${device === 'wasm' ? '' : '-webgpu'}`,
      model: { family: 'llama-blocks', dtype: /** @type {const} */ ('float32') },
      device: /** @type {'wasm' | 'webgpu'} */ (device),
      flags: { 'base-dtype': dtype },
      bounds: QUANTISED,
    })),
  ),
  {
    name: 'dora-lora-plus',
    model: { family: 'llama-untied', dtype: 'float32' },
    flags: { 'lora-plus-ratio': 4, rslora: true, lr: 2e-4, 'weight-decay': 0.1, accumulate: 2, clip: 0.5 },
  },
  // PEFT’s layers drop what ours do, since a hash says what that is (dropout.py).
  ...['wasm', 'webgpu'].map((device) => ({
    name: `dora-dropout${device === 'wasm' ? '' : '-webgpu'}`,
    model: { family: 'llama-untied', dtype: /** @type {const} */ ('float32') },
    device: /** @type {'wasm' | 'webgpu'} */ (device),
    flags: { targets: 'all', dropout: 0.2, accumulate: 2, seed: 11 },
  })),
  {
    name: 'lora-dropout',
    model: { family: 'llama-untied', dtype: 'float32' },
    flags: { method: 'lora', targets: 'all', dropout: 0.2, accumulate: 2, seed: 11 },
  },
];

/**
 * Through the rounding of a merged file. A value between two codes takes either, where sums differ in their last bit: so
 * the bounds are those of a quantised base. @type {(Pick<Replay, 'name' | 'flags'> & Partial<Replay>)[]}
 */
const MERGE_TARGETS = [
  { name: 'q4', flags: { 'merge-target': 'q4', targets: 'all' } },
  { name: 'q8-some', flags: { 'merge-target': 'q8', targets: 'q_proj,v_proj', accumulate: 2, rslora: true } },
  { name: 'q4-of-q4', flags: { 'merge-target': 'q4', targets: 'all' }, file: 'q4' },
];

/** Methods that change no weight, or scale what there is. @type {Pick<Replay, 'name' | 'flags'>[]} */
const METHODS = [
  { name: 'ia3', flags: { method: 'ia3', lr: 0.01 } },
  { name: 'prompt', flags: { method: 'prompt', 'virtual-tokens': 7, lr: 0.03 } },
  { name: 'prefix', flags: { method: 'prefix', 'virtual-tokens': 7, lr: 0.03 } },
];
const SOFT_FAMILIES = ['llama-untied', 'qwen2', 'gpt2'];
/**
 * Each start, and what is exported of it in every program.
 * @type {(Pick<Replay, 'name' | 'flags'> & Partial<Replay>)[]}
 */
const STARTS = [
  { name: 'pissa', flags: { init: 'pissa', 'weight-decay': 0.1 }, all: false },
  { name: 'pissa-webgpu', flags: { init: 'pissa', rslora: true, batch: 2 }, device: 'webgpu' },
  { name: 'pissa-nf4', flags: { init: 'pissa', 'base-dtype': 'nf4' }, bounds: QUANTISED },
  { name: 'olora', flags: { init: 'olora', 'lora-plus-ratio': 2, accumulate: 2 } },
  {
    name: 'loftq',
    flags: { init: 'loftq', 'base-dtype': 'nf4', targets: 'all' },
    bounds: QUANTISED,
  },
  { name: 'eva', flags: { init: 'eva', targets: 'q_proj,v_proj,o_proj,down_proj' } },
  {
    name: 'pissa-gpt2',
    model: { family: 'gpt2', dtype: 'float32' },
    flags: { init: 'pissa', targets: 'all' },
  },
];

/** @type {Case[]} */
export const CASES = [
  {
    kind: 'replay',
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
    kind: 'replay',
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
  {
    kind: 'replay',
    name: 'bundled-wasm',
    model: { bundled: true },
    device: 'wasm',
    data: PIRATE,
    flags: {},
    bounds: STORED,
  },
  {
    kind: 'replay',
    name: 'llama-untied',
    model: { family: 'llama-untied', dtype: 'float32' },
    device: 'webgpu',
    data: EXTRACT,
    flags: { batch: 3, schedule: 'constant' },
    bounds: STORED,
  },
  {
    kind: 'replay',
    name: 'llama-tied-f16',
    model: { family: 'llama-tied', dtype: 'float16' },
    device: 'webgpu',
    data: PIRATE,
    flags: { targets: 'q_proj,down_proj', rank: 3 },
    bounds: STORED,
  },
  {
    kind: 'replay',
    name: 'rank-stabilised',
    model: { bundled: true },
    device: 'wasm',
    data: PIRATE,
    flags: { rslora: true, rank: 16, batch: 2 },
    bounds: STORED,
  },
  ...['webgpu', 'wasm'].flatMap((device) => [
    /** @type {Replay} */ ({
      kind: 'replay',
      all: device === 'webgpu',
      name: `lora-plus-${device}`,
      model: { bundled: true },
      device,
      data: PIRATE,
      flags: { 'lora-plus-ratio': 16, lr: 2e-4, 'weight-decay': 0.1, batch: 2, targets: 'q_proj,v_proj' },
      bounds: STORED,
    }),
    /** @type {Replay} */ ({
      kind: 'replay',
      all: device === 'webgpu',
      name: `ranks-by-module-${device}`,
      model: { family: 'llama-untied', dtype: 'float32' },
      device,
      data: PIRATE,
      flags: { batch: 2 },
      bounds: STORED,
      ranks: true,
    }),
  ]),
  ...METHODS.flatMap(({ name, flags }) =>
    SOFT_FAMILIES.flatMap((family) =>
      ['wasm', 'webgpu'].map(
        (device) =>
          /** @type {Replay} */ ({
            kind: 'replay',
            name: `${name}-${family}${device === 'wasm' ? '' : '-webgpu'}`,
            model: { family, dtype: 'float32' },
            device,
            data: PIRATE,
            flags: { batch: 2, ...flags },
            bounds: STORED,
            all: family !== 'qwen2' || device !== 'wasm',
          }),
      ),
    ),
  ),
  ...DORA.map(
    (more) =>
      /** @type {Replay} */ ({
        kind: 'replay',
        device: 'wasm',
        data: PIRATE,
        bounds: STORED,
        all: true,
        ...more,
        flags: { method: 'dora', batch: 2, rank: 4, ...more.flags },
      }),
  ),
  ...['wasm', 'webgpu'].flatMap((device) =>
    MERGE_TARGETS.map(
      ({ name, ...more }) =>
        /** @type {Replay} */ ({
          kind: 'replay',
          name: `merge-target-${name}${device === 'wasm' ? '' : '-webgpu'}`,
          model: { family: 'llama-blocks', dtype: 'float32' },
          device,
          data: PIRATE,
          bounds: QUANTISED,
          all: name !== 'q4' || device !== 'wasm',
          ...more,
          flags: { batch: 2, rank: 4, ...more.flags },
        }),
    ),
  ),
  {
    kind: 'programs',
    name: 'dora-exports',
    model: { family: 'llama-untied', dtype: 'float32' },
    data: PIRATE,
    flags: { method: 'dora' },
    withoutGguf: true,
    all: true,
  },
  {
    kind: 'continue',
    name: 'dora-continue',
    data: PIRATE,
    flags: { method: 'dora', batch: 3, 'lora-plus-ratio': 3, 'weight-decay': 0.05, lr: 2e-3, seed: 3 },
    bounds: STORED,
    all: true,
  },
  ...OBJECTIVES.map(
    ({ name, ...more }) =>
      /** @type {Replay} */ ({
        kind: 'replay',
        name: `objective-${name}`,
        model: { family: 'llama-untied', dtype: 'float32' },
        device: 'wasm',
        data: PIRATE,
        bounds: STORED,
        all: true,
        ...more,
        flags: { batch: 4, lr: 5e-4, 'max-length': 96, ...more.flags },
      }),
  ),
  ...STARTS.map(
    ({ name, ...more }) =>
      /** @type {Replay} */ ({
        kind: 'replay',
        name: `start-${name}`,
        model: { bundled: true },
        device: 'wasm',
        data: PIRATE,
        bounds: STORED,
        all: true,
        ...more,
        flags: { batch: 4, lr: 5e-4, rank: 4, alpha: 6, ...more.flags },
      }),
  ),
  ...['pissa', 'olora', 'eva'].map(
    (init) =>
      /** @type {Programs} */ ({
        kind: 'programs',
        name: `start-${init}-exports`,
        model: { family: 'llama-untied', dtype: 'float32' },
        data: PIRATE,
        flags: { init },
        all: true,
      }),
  ),
  ...['q8', 'q4', 'nf4'].map(
    (dtype) =>
      /** @type {Replay} */ ({
        kind: 'replay',
        name: `llama-${dtype}`,
        model: { family: 'llama-blocks', dtype: 'float32' },
        device: 'webgpu',
        data: PIRATE,
        flags: { 'base-dtype': dtype, batch: 2, targets: 'all', rank: 4 },
        bounds: QUANTISED,
      }),
  ),
  ...['q8', 'q4', 'nf4'].map(
    (dtype) =>
      /** @type {Replay} */ ({
        kind: 'replay',
        name: `bundled-${dtype}-wasm`,
        model: { bundled: true },
        device: 'wasm',
        data: PIRATE,
        flags: { 'base-dtype': dtype },
        bounds: QUANTISED,
        all: true,
      }),
  ),
  ...FAMILIES.map(
    (family) =>
      /** @type {Replay} */ ({
        kind: 'replay',
        name: family,
        model: { family, dtype: 'float32' },
        device: 'webgpu',
        data: PIRATE,
        flags: { batch: 2, targets: 'all', rank: 4 },
        bounds: STORED,
        all: true,
      }),
  ),
  ...['llama-untied', 'qwen2', 'gemma3-head', 'llama3', 'mistral-global', 'qwen3', 'gpt2', 'gpt-neox'].map(
    (family, i) =>
      /** @type {Programs} */ ({
        kind: 'programs',
        name: `exports-${family}`,
        model: { family, dtype: 'float32' },
        data: PIRATE,
        withoutMlx: family.startsWith('gpt'),
        all: i > 2,
      }),
  ),
  {
    kind: 'continue',
    name: 'continue-elsewhere',
    data: PIRATE,
    flags: {
      batch: 3,
      accumulate: 2,
      schedule: 'cosine',
      warmup: 3,
      'weight-decay': 0.05,
      clip: 0.5,
      lr: 5e-3,
      seed: 3,
      'eval-fraction': 0.1,
    },
    bounds: STORED,
    all: true,
  },
  { kind: 'test', name: 'rows-elsewhere', file: 'tests/unit/run/continue/rows-python.test.ts' },
  {
    kind: 'test',
    name: 'chat-templates',
    file: 'tests/unit/data/text/templates-transformers.test.ts',
    all: true,
  },
  { kind: 'merging', name: 'merge', all: true },
  { kind: 'fields', name: 'exports-fields', all: true },
  {
    // Cut while the rate still rises; modules that only their whole paths tell apart.
    kind: 'continue',
    name: 'continue-warming-up',
    data: PIRATE,
    flags: {
      targets: 'model.layers.1.self_attn.q_proj,mlp.down_proj',
      schedule: 'constant',
      warmup: 28,
      lr: 5e-3,
    },
    bounds: STORED,
    all: true,
  },
  {
    kind: 'real',
    name: 'smollm2-q4_1',
    model: 'smollm2-135m',
    device: 'wasm',
    form: 'gguf',
    data: PIRATE,
    prompts: 5,
    steps: 5,
    flags: { batch: 2, 'max-length': 96, lr: 3e-3 },
    bounds: few(QUANTISED),
    exports: REAL_PROGRAMS,
    all: true,
  },
  {
    // The kernels that decode, on the device: slow in software, so one prompt and short rows.
    kind: 'real',
    name: 'smollm2-q4_1-webgpu',
    model: 'smollm2-135m',
    device: 'webgpu',
    form: 'gguf',
    data: PIRATE,
    prompts: 1,
    steps: 5,
    flags: { batch: 1, 'max-length': 48 },
    bounds: few(QUANTISED),
    all: true,
  },
  {
    kind: 'real',
    name: 'smollm2-f16',
    model: 'smollm2-135m',
    device: 'wasm',
    form: 'f16',
    data: PIRATE,
    prompts: 2,
    steps: 5,
    flags: { batch: 2, 'max-length': 96 },
    bounds: few(STORED),
    all: true,
  },
  {
    // A vocabulary of 262,144: short rows, few prompts.
    kind: 'real',
    name: 'gemma3-270m',
    model: 'gemma3-270m',
    device: 'wasm',
    form: 'gguf',
    data: EXTRACT,
    prompts: 2,
    steps: 5,
    flags: { raw: true, batch: 2, 'max-length': 64, lr: 3e-3 },
    bounds: few(QUANTISED),
    exports: REAL_PROGRAMS,
    all: true,
  },
  {
    // A base model has no chat template; one is chosen.
    kind: 'real',
    name: 'gemma3-270m-chat',
    model: 'gemma3-270m',
    device: 'wasm',
    form: 'f16',
    data: PIRATE,
    prompts: 1,
    steps: 5,
    flags: { 'chat-template': 'plain', batch: 2, 'max-length': 64 },
    bounds: few(STORED),
    all: true,
  },
];
