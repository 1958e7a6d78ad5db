import { beforeAll, describe, expect, test } from 'vitest';
import type { NamedFile } from '../../../src/files/named-file.ts';
import { readPeft } from '../../../src/methods/peft.ts';
import { asLora } from '../../../src/methods/types.ts';
import { adapterModules } from '../../../src/model/families/names.ts';
import { writeSafetensors } from '../../../src/weights/safetensors.ts';
import { processorEngine } from '../engine/processor/processor-engine.ts';
import { type Fixture, logitError, openFixture } from '../model/fixture.ts';
import { readFixture, readJson } from '../read-fixture.ts';
import { type MadeTensor, storedAs } from '../weights/made-tensor.ts';

/** Adapter folders as PEFT reads them; see scripts/fixtures/weights/make_adapter_folders.py, which makes the same. */

interface Case {
  base: string;
  config?: Record<string, unknown>;
  absent?: string[];
  modules?: string;
  ranks?: Record<string, number>;
  dtype?: string;
  tensors?: Step[];
  raw?: string;
  logits?: number[];
  missing?: string[];
  ignored?: string[];
  error?: string;
  /** Part of the sentence with which it is refused here. */
  refused?: string;
  /** Why it is read here as the plain adapter where PEFT does not read it. */
  lenient?: string;
}
type Step =
  | ['drop' | 'transpose', pattern: string]
  | ['rename', pattern: string, to: string]
  | ['add', name: string, shape: number[]];

const { cases } = await readJson<{ cases: Case[] }>(
  new URL('fixtures/adapter-folders.json', import.meta.url),
);
const bases = new Map<string, Fixture>();

function made(shape: [number, number], seed: number): MadeTensor {
  const values = Float32Array.from(
    { length: shape[0] * shape[1] },
    (_, i) => (((i * 37 + seed * 101) % 23) - 11) / 40,
  );
  return { dtype: 'F32', shape, values };
}

function changed([kind, pattern, to]: Step, all: [string, MadeTensor][]): [string, MadeTensor][] {
  if (kind === 'add') {
    const shape = to as number[];
    const size = shape.reduce((product, length) => product * length, 1);
    return [...all, [pattern, { dtype: 'F32', shape, values: new Float32Array(size).fill(0.5) }]];
  }
  return all.flatMap(([name, tensor]): [string, MadeTensor][] => {
    if (!new RegExp(pattern).test(name)) return [[name, tensor]];
    if (kind === 'drop') return [];
    if (kind === 'rename') return [[name.replace(new RegExp(pattern), to as string), tensor]];
    const [rows, columns] = tensor.shape;
    const values = Float32Array.from(
      tensor.values,
      (_, i) => tensor.values[(i % rows) * columns + Math.floor(i / rows)],
    );
    return [[name, { ...tensor, shape: [columns, rows], values }]];
  });
}

function filesOf(c: Case): NamedFile[] {
  const { config } = bases.get(c.base)!;
  const targets =
    c.base === 'gpt2'
      ? ['c_attn', 'c_proj', 'c_fc']
      : ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];
  const usual = { peft_type: 'LORA', r: 4, lora_alpha: 8, task_type: 'CAUSAL_LM', target_modules: targets };
  const all = Object.entries({ ...usual, ...c.config });
  const fields = Object.fromEntries(all.filter(([field]) => !c.absent?.includes(field)));
  const modules = adapterModules(config, ['all']).sort((a, b) => (a.path < b.path ? -1 : 1));
  const tensors = (c.tensors ?? []).reduce(
    (tensors, step) => changed(step, tensors),
    modules.flatMap(({ path, in: width, out }, seed): [string, MadeTensor][] => {
      if (!new RegExp(c.modules ?? '').test(path)) return [];
      const rank =
        Object.entries(c.ranks ?? {}).find(([pattern]) => new RegExp(pattern).test(path))?.[1] ?? 4;
      return [
        [`base_model.model.${path}.lora_A.weight`, made([rank, width], 2 * seed)],
        [`base_model.model.${path}.lora_B.weight`, made([out, rank], 2 * seed + 1)],
      ];
    }),
  );
  const dtype = c.dtype ?? 'F32';
  return [
    { path: 'adapter_config.json', bytes: new TextEncoder().encode(c.raw ?? JSON.stringify(fields)) },
    {
      path: 'adapter_model.safetensors',
      bytes: writeSafetensors(
        tensors.map(([name, tensor]) => ({
          name,
          dtype: dtype as 'F32',
          shape: tensor.shape,
          data: storedAs({ ...tensor, dtype }),
        })),
      ),
    },
  ];
}

/** Logits after the last of the base's first row. */
async function read(c: Case): Promise<Float32Array> {
  const base = bases.get(c.base)!;
  const { config, batches } = base;
  const adapter = await readPeft(filesOf(c), config);
  const engine = await processorEngine(
    { ...base, adapterSettings: asLora(adapter.settings) },
    { maxRows: 1, maxLength: 19 },
  );
  await engine.setAdapter(adapter);
  const all = await engine.logits(Array.from(batches[0].ids.subarray(0, 19)), 1);
  await engine.dispose();
  return all.subarray(18 * config.vocab, 19 * config.vocab);
}

const shown = cases.map((c) => {
  const { logits, missing, ignored, error, refused, lenient, ...change } = c;
  return { ...c, named: JSON.stringify(change) };
});

beforeAll(async () => {
  for (const name of new Set(cases.map(({ base }) => base)))
    bases.set(
      name,
      await openFixture((file) => readFixture(new URL(`../model/fixtures/${name}/${file}`, import.meta.url))),
    );
});

describe('an adapter that is read has PEFT’s logits', () => {
  test.each(shown.filter(({ refused, lenient }) => !refused && !lenient))('$named', async (c) => {
    // Nothing of it was passed over in PEFT, either.
    expect(c.ignored).toBeUndefined();
    expect(logitError(await read(c), Float32Array.from(c.logits!))).toBeLessThan(2e-5);
  });
});

describe('an adapter that is refused says why', () => {
  test.each(shown.filter(({ refused }) => refused))('$named', async (c) => {
    await expect(read(c)).rejects.toThrow(c.refused);
  });
});

describe('an adapter that PEFT does not read is read here where there is one meaning', () => {
  test.each(shown.filter(({ lenient }) => lenient))('$named: $lenient', async (c) => {
    expect(c.error).toBeDefined();
    expect(await read(c)).toEqual(await read({ base: c.base }));
  });
});

describe('of several adapters in one folder', () => {
  const within = (folder: string, c: Case): NamedFile[] =>
    filesOf(c).map((file) => ({ ...file, path: folder + file.path }));
  test('the one at the top is read, as PEFT does', async () => {
    const { config } = bases.get('llama')!;
    const top = { base: 'llama', config: { lora_alpha: 3 } };
    const files = [...within('out/checkpoint-5/', { base: 'llama' }), ...within('out/', top)];
    expect((await readPeft(files, config)).settings).toMatchObject({ alpha: 3 });
  });
  test('none is read where several are the nearest', async () => {
    const files = [
      ...within('checkpoint-5/', { base: 'llama' }),
      ...within('checkpoint-9/', { base: 'llama' }),
    ];
    await expect(readPeft(files, bases.get('llama')!.config)).rejects.toThrow('checkpoint-5, checkpoint-9');
  });
  test('a config and weights of two folders are no adapter', async () => {
    const [config] = within('a/', { base: 'llama' });
    const [, weights] = within('b/', { base: 'llama' });
    await expect(readPeft([config, weights], bases.get('llama')!.config)).rejects.toThrow(
      'adapter_model.safetensors',
    );
  });
});
