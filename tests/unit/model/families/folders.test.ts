import { beforeAll, describe, expect, test } from 'vitest';
import { modelNotes } from '../../../../src/model/families/notes.ts';
import { parseConfig } from '../../../../src/model/families/parse.ts';
import { openFolder } from '../../../../src/weights/folder.ts';
import { writeSafetensors } from '../../../../src/weights/safetensors.ts';
import { processorEngineOver } from '../../engine/processor/processor-engine.ts';
import { readFixture, readJson } from '../../read-fixture.ts';
import { type MadeTensor, storedAs } from '../../weights/made-tensor.ts';
import { type Fixture, logitError, openFixture } from '../fixture.ts';

/** Changed folders as transformers reads them; see scripts/fixtures/model/make_folders.py, which makes the same. */

interface Case {
  family: string;
  config?: Record<string, unknown>;
  absent?: string[];
  tail?: string;
  tensors?: Step[];
  files?: Record<string, [pattern: string, factor: number]>;
  index?: Record<string, string>;
  other?: Record<string, unknown>;
  logits?: number[];
  fresh?: string[];
  error?: string;
  /** Part of the sentence with which it is refused here. */
  refused?: string;
  /** Why it is read here as the plain folder where transformers does not read it. */
  lenient?: string;
}
type Step =
  | ['drop', pattern: string]
  | ['rename', pattern: string, to: string]
  | ['cast', pattern: string, dtype: string]
  | ['add', name: string, dtype: string, shape: number[], value: number]
  | ['copy', from: string, to: string, factor: number];
const { cases } = await readJson<{ cases: Case[] }>(new URL('../fixtures/folders.json', import.meta.url));
const fixtures = new Map<string, Fixture>();
const configs = new Map<string, Record<string, unknown>>();

function stepped(tensors: Map<string, MadeTensor>, step: Step): Map<string, MadeTensor> {
  if (step[0] === 'add') {
    const [, name, dtype, shape, value] = step;
    const count = shape.reduce((product, size) => product * size, 1);
    return new Map([...tensors, [name, { dtype, shape, values: new Float32Array(count).fill(value) }]]);
  }
  if (step[0] === 'copy') return new Map([...tensors, [step[2], scaled(tensors.get(step[1])!, step[3])]]);
  const [kind, source, to = ''] = step as [string, string, string?];
  const pattern = new RegExp(source);
  return new Map(
    [...tensors].flatMap(([name, tensor]): [string, MadeTensor][] => {
      if (!pattern.test(name)) return [[name, tensor]];
      if (kind === 'drop') return [];
      return [kind === 'rename' ? [name.replace(pattern, to), tensor] : [name, { ...tensor, dtype: to }]];
    }),
  );
}

const scaled = (tensor: MadeTensor, factor: number): MadeTensor =>
  factor === 1 ? tensor : { ...tensor, values: tensor.values.map((value) => value * factor) };

function filesOf(c: Case): { path: string; blob: Blob }[] {
  const raw = { ...configs.get(c.family), ...c.config };
  const config = Object.fromEntries(Object.entries(raw).filter(([field]) => !c.absent?.includes(field)));
  const whole = [...fixtures.get(c.family)!.tensors].map(([name, { shape, data }]): [string, MadeTensor] => [
    name,
    { dtype: 'F32', shape, values: data },
  ]);
  const tensors = (c.tensors ?? []).reduce(stepped, new Map(whole));
  const files: Record<string, Uint8Array<ArrayBuffer> | string> = {
    'config.json': `${JSON.stringify(config).slice(0, -1)}${c.tail ?? ''}}`,
    'tokenizer.json': '{"model": {}}',
  };
  const layout: NonNullable<Case['files']> = c.files ?? { 'model.safetensors': ['', 1] };
  for (const [file, [pattern, factor]] of Object.entries(layout)) {
    const some = [...tensors].filter(([name]) => new RegExp(pattern).test(name));
    files[file] = writeSafetensors(
      some.map(([name, tensor]) => {
        const one = scaled(tensor, factor);
        return { name, dtype: one.dtype as 'F32', shape: one.shape, data: storedAs(one) };
      }),
    ) as Uint8Array<ArrayBuffer>;
  }
  if (c.index) {
    const places = Object.entries(c.index).flatMap(([pattern, file]) =>
      [...tensors.keys()].filter((name) => new RegExp(pattern).test(name)).map((name) => [name, file]),
    );
    files['model.safetensors.index.json'] = JSON.stringify({ weight_map: Object.fromEntries(places) });
  }
  for (const [file, content] of Object.entries(c.other ?? {}))
    files[file] = typeof content === 'string' ? content : JSON.stringify(content);
  return Object.entries(files).map(([path, content]) => ({ path, blob: new Blob([content]) }));
}

/** Logits after the last of the first row, and what a person is told. */
async function read(c: Case): Promise<{ logits: Float32Array; notes: string[] }> {
  const source = await openFolder(filesOf(c));
  const config = parseConfig(source.config, source.tensors, source.generationConfig);
  const { batches, adapterSettings } = fixtures.get(c.family)!;
  const engine = await processorEngineOver({ source, config }, adapterSettings, {
    maxRows: 1,
    maxLength: 19,
  });
  const all = await engine.logits(Array.from(batches[0].ids.subarray(0, 19)), 0);
  await engine.dispose();
  const notes = [...(source.notes ?? []), ...modelNotes(config, source.config, source.tensors)];
  return { logits: all.subarray(18 * config.vocab, 19 * config.vocab), notes };
}

const shown = cases.map((c) => {
  const { logits, fresh, error, refused, lenient, ...change } = c;
  return { ...c, named: JSON.stringify(change) };
});

beforeAll(async () => {
  for (const name of new Set(cases.map(({ family }) => family))) {
    const open = (file: string) => readFixture(new URL(`../fixtures/${name}/${file}`, import.meta.url));
    fixtures.set(name, await openFixture(open));
    configs.set(name, await readJson(new URL(`../fixtures/${name}/config.json`, import.meta.url)));
  }
});

test('every folder that transformers reads is read here or refused, and no other without a reason', () => {
  for (const { named, logits, refused, lenient } of shown)
    expect([Boolean(logits) && !lenient, Boolean(refused), Boolean(lenient)].some(Boolean), named).toBe(true);
});

describe('a folder that is read has transformers’ logits', () => {
  test.each(shown.filter(({ logits, refused }) => logits && !refused))('$named', async (c) => {
    const { logits } = await read(c);
    expect(logitError(logits, Float32Array.from(c.logits!))).toBeLessThan(2e-5);
  });
});

describe('a folder that is refused says why', () => {
  test.each(shown.filter(({ refused }) => refused))('$named', async (c) => {
    await expect(read(c)).rejects.toThrow(c.refused);
  });
});

describe('a folder that transformers does not read is read here where there is one meaning', () => {
  test.each(shown.filter(({ lenient }) => lenient))('$named: $lenient', async (c) => {
    expect(c.error).toBeDefined();
    expect((await read(c)).logits).toEqual((await read({ family: c.family })).logits);
  });
});

test('an adapter beside the model is told to be left out', async () => {
  const adapter = { peft_type: 'LORA', r: 2, lora_alpha: 4, target_modules: ['q_proj'] };
  const { notes } = await read({ family: 'llama', other: { 'adapter_config.json': adapter } });
  expect(notes).toEqual([expect.stringContaining('adapter_config.json')]);
  expect((await read({ family: 'llama' })).notes).toEqual([]);
});
