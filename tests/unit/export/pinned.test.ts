import { readFile, writeFile } from 'node:fs/promises';
import { UserError } from '../../../src/errors.ts';
import type { ExportDtype } from '../../../src/export/format.ts';
import type { FormatId } from '../../../src/export/formats/list.ts';
import { initialAdapter, joinValues } from '../../../src/methods/parameters.ts';
import { writeCheckpoint } from '../../../src/run/checkpoint.ts';
import { FIXTURES, type Fixture, openFixture, sourceOf } from '../model/fixture.ts';
import { hashOf, type Pin, type Pins, testPins } from '../pinned.ts';
import { exported } from './exported.ts';
import pins from './fixtures/pinned.json';

/**
 * Holds files to their bytes: the adapter as PEFT's, as GGUF and as MLX's, the merged models, the checkpoint, and the
 * start of an adapter from a seed. Plain JavaScript over stored values, so the bytes are the same on every machine.
 * Model cards are prose and are left out. How to record anew: `../pinned.ts`.
 */

const FORMS: { format: FormatId; dtype: ExportDtype }[] = [
  { format: 'peft', dtype: 'f32' },
  { format: 'gguf', dtype: 'f32' },
  { format: 'mlx', dtype: 'f32' },
  { format: 'merged', dtype: 'f32' },
  { format: 'merged', dtype: 'f16' },
  { format: 'merged-gguf', dtype: 'f32' },
  { format: 'merged-gguf', dtype: 'f16' },
  { format: 'merged-gguf', dtype: 'q8' },
];

/** Byte-level BPE, which GGUF has a name for. */
const TOKENIZER = {
  tokenizerJson: {
    added_tokens: [0, 1, 2].map((id) => ({ id, content: `<|${id}|>`, special: true })),
    normalizer: null,
    post_processor: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
      ],
    },
    model: {
      type: 'BPE',
      vocab: { '<|0|>': 0, '<|1|>': 1, '<|2|>': 2, a: 3, b: 4, ab: 5 },
      merges: [['a', 'b']],
    },
  },
  tokenizerConfig: { bos_token: '<|1|>', eos_token: '<|2|>' },
  chatTemplate: '{{ messages }}',
};

/** Every export of the trained adapter: the hash of each file, or the code of the refusal. */
async function exportsOf(name: string, rsLora: boolean): Promise<Pin> {
  const read = (file: string) => readFile(new URL(`../model/fixtures/${name}/${file}`, import.meta.url));
  const f = await openFixture(read);
  const source = {
    ...sourceOf(f),
    id: 'someone/model',
    revision: 'abc',
    licence: 'mit',
    config: JSON.parse((await read('config.json')).toString()),
    generationConfig: { eos_token_id: [2] },
    tokenizer: TOKENIZER,
  };
  const settings = { ...f.adapterSettings, ...(rsLora ? { rsLora } : {}) };
  const weights = { ...f.final, settings };
  const sha256: Record<string, string> = {};
  for (const form of FORMS) {
    const key = `${form.format} ${form.dtype}`;
    try {
      for (const { path, bytes } of await exported(
        form.format,
        { source, config: f.config },
        weights,
        form.dtype,
      ))
        sha256[`${key}: ${path}`] = hashOf(await bytes());
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      sha256[key] = error.code;
    }
  }
  return { sha256 };
}

async function llama(): Promise<Fixture> {
  return openFixture((file) => readFile(new URL(`../model/fixtures/llama/${file}`, import.meta.url)));
}

async function checkpoint(): Promise<Pin> {
  const f = await llama();
  const adapter = joinValues(f.final);
  const write = (best: Fixture['initial'] | null) =>
    writeCheckpoint(
      {
        version: 1,
        model: 'someone/model@abc',
        settings: { rank: 3, learningRate: 1e-3 },
        initAdapter: null,
        fingerprint: null,
        dataset: { sha256: 'ab', rows: 3, mapping: null },
        heldOut: { sha256: 'cd', rows: 1 },
        kernels: { 'linear-forward': 'quad-8x4' },
        device: 'webgpu',
      },
      {
        progress: {
          step: 7,
          epoch: 2,
          tokens: 700,
          supervised: 300,
          seconds: 1.5,
          lossFirst: 3,
          lossLast: 2,
          skipped: 0,
          evals: [{ step: 0, loss: 3 }],
          best: { step: 0, loss: 3 },
        },
        adapter: f.final,
        optimizer: { m: adapter.map((x) => x / 4), v: adapter.map((x) => x * x) },
        best,
      },
    );
  return { sha256: { 'best is the last': hashOf(write(null)), 'best is another': hashOf(write(f.initial)) } };
}

async function starts(): Promise<Pin> {
  const { modules, adapterSettings } = await llama();
  const start = (seed: number) => hashOf(joinValues(initialAdapter(modules, adapterSettings, seed)));
  return { sha256: { 'seed 0': start(0), 'seed 1': start(1), 'seed 4294967295': start(0xffffffff) } };
}

testPins({
  pins: pins as Pins,
  environment: async () => ({}),
  cases: {
    ...Object.fromEntries(FIXTURES.map((name) => [`exports of ${name}`, () => exportsOf(name, false)])),
    'exports of llama, rank-stabilised': () => exportsOf('llama', true),
    'a checkpoint file': checkpoint,
    'the start of an adapter': starts,
  },
  write: (json) => writeFile(new URL('fixtures/pinned.json', import.meta.url), json),
});
