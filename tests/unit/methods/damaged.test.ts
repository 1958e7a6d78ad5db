import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import type { NamedFile } from '../../../src/files/named-file.ts';
import { IA3_CONFIG } from '../../../src/methods/ia3/read.ts';
import { parametersOf, sitesOf } from '../../../src/methods/parameters.ts';
import { peftTensors, readPeft, writePeft } from '../../../src/methods/peft.ts';
import { LORA_CONFIG } from '../../../src/methods/peft-config.ts';
import { PREFIX_CONFIG } from '../../../src/methods/prefix/read.ts';
import { PROMPT_CONFIG } from '../../../src/methods/prompt/read.ts';
import type { AdapterSettings, AdapterWeights } from '../../../src/methods/types.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { writeSafetensors } from '../../../src/weights/safetensors.ts';
import { injected } from '../../faults/injected.ts';
import { type MadeTensor, storedAs } from '../weights/made-tensor.ts';

/**
 * Folders of every method that are not what they were: each is refused by name, or is read as the very adapter that was
 * written. Values alone may change unnoticed: no format of an adapter has a checksum.
 */

const LLAMA = {
  ...{ model_type: 'llama', vocab_size: 50, hidden_size: 8, intermediate_size: 12, num_hidden_layers: 2 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 16, rms_norm_eps: 1e-5 },
};
const llama = parseConfig(LLAMA);
const others = {
  'a wider base': parseConfig({ ...LLAMA, hidden_size: 16 }),
  'a deeper base': parseConfig({ ...LLAMA, num_hidden_layers: 3 }),
  'a shallower base': parseConfig({ ...LLAMA, num_hidden_layers: 1 }),
  'a base of another family': parseConfig({
    ...{ model_type: 'gpt2', vocab_size: 50, n_embd: 8, n_layer: 3, n_head: 2, n_positions: 16 },
  }),
};

const lora = { rank: 3, alpha: 5, dropout: 0, targets: ['q_proj', 'down_proj'] };
const METHODS: Record<string, [AdapterSettings, Readonly<Record<string, unknown>>]> = {
  lora: [lora, LORA_CONFIG],
  dora: [{ ...lora, method: 'dora', rsLora: true }, LORA_CONFIG],
  ia3: [{ method: 'ia3', targets: ['k_proj', 'down_proj'], feedForward: ['down_proj'] }, IA3_CONFIG],
  prompt: [{ method: 'prompt', virtualTokens: 5 }, PROMPT_CONFIG],
  prefix: [{ method: 'prefix', virtualTokens: 3 }, PREFIX_CONFIG],
};

/** Fields with which the same tensors are, or may be, another adapter. */
const SAYS_ANOTHER = ['lora_alpha', 'alpha_pattern', 'rank_pattern', 'use_rslora', 'lora_dropout'];

function weightsOf(settings: AdapterSettings): AdapterWeights {
  const modules = sitesOf(llama, settings);
  const values = new Map(
    parametersOf(modules, settings).map(({ parameter: { shape }, key }, p) => [
      key,
      Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => p + 1 + i / 8192),
    ]),
  );
  return { settings, modules, values };
}

type Tensors = Record<string, MadeTensor>;

const WEIGHTS = 'adapter_model.safetensors';
const CONFIG = 'adapter_config.json';
const encoded = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function fileOf(tensors: Tensors): Uint8Array {
  return writeSafetensors(
    Object.entries(tensors).map(([name, { dtype, shape, values }]) => ({
      ...{ name, dtype: dtype as 'F32', shape: [...shape] },
      data: bytesOf(dtype, values),
    })),
  );
}

/** Whole numbers of any width are zeros of it. */
function bytesOf(dtype: string, values: Float32Array): Uint8Array {
  const width = { I64: 8, I32: 4, U8: 1, BOOL: 1 }[dtype];
  return width ? new Uint8Array(width * values.length) : storedAs({ dtype, values });
}

/** What there is to be damaged: the files as they are written, and their parts. */
function written(settings: AdapterSettings) {
  const weights = weightsOf(settings);
  const files = writePeft(weights, llama, { id: 'org/base', revision: 'main' });
  const config = JSON.parse(new TextDecoder().decode(files.find(({ path }) => path === CONFIG)!.bytes));
  const tensors: Tensors = Object.fromEntries(
    peftTensors(weights).map(({ name, shape, data }) => [name, { dtype: 'F32', shape, values: data }]),
  );
  const folder = (changed: { config?: Uint8Array; weights?: Uint8Array }): NamedFile[] => [
    { path: CONFIG, bytes: changed.config ?? encoded(config) },
    { path: WEIGHTS, bytes: changed.weights ?? fileOf(tensors) },
  ];
  return { weights, files, config, tensors, folder };
}

/** @returns the refusal, or what was read; nothing else may come of a folder */
async function outcome(files: NamedFile[], base = llama): Promise<UserError | AdapterWeights> {
  try {
    return await readPeft(files, base);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toMatch(/[.]$/);
    return error;
  }
}

/** @param names what the sentence has to name, one of them */
async function refused(files: NamedFile[], names: readonly string[], base = llama): Promise<void> {
  const result = await outcome(files, base);
  expect(result, names.join(' or ')).toBeInstanceOf(UserError);
  const { message } = result as UserError;
  expect(
    names.some((name) => message.includes(name)),
    `“${message}” names ${names.join(' or ')}`,
  ).toBe(true);
}

/** The layer that a tensor is of, by PEFT’s name of it. */
const pathOf = (name: string) => name.replace(/^base_model\.model\.|\.[a-zA-Z_0-9]+(\.weight)?$/g, '');

const resized = (shape: readonly number[], by: number): MadeTensor => {
  const changed = [shape[0] + by, ...shape.slice(1)];
  const size = changed.reduce((product, length) => product * length, 1);
  return { dtype: 'F32', shape: changed, values: new Float32Array(size).fill(1) };
};
const withValue = (tensor: MadeTensor, value: number): MadeTensor => {
  const values = tensor.values.slice();
  values[values.length - 1] = value;
  return { ...tensor, values };
};

/** One fault of one tensor each; undefined: the tensor is gone. */
const OF_A_TENSOR: Record<string, (tensor: MadeTensor) => MadeTensor | undefined> = {
  missing: () => undefined,
  'a row longer': ({ shape }) => resized(shape, 1),
  'a row shorter': ({ shape }) => resized(shape, -1),
  'of no value': ({ shape }) => ({
    dtype: 'F32',
    shape: [0, ...shape.slice(1)],
    values: new Float32Array(0),
  }),
  'of one dimension more': (tensor) => ({ ...tensor, shape: [...tensor.shape, 1] }),
  transposed: (tensor) => ({
    ...tensor,
    shape: tensor.shape[1] ? [...tensor.shape].reverse() : [1, ...tensor.shape],
  }),
  'of float64': (tensor) => ({ ...tensor, dtype: 'F64' }),
  'of whole numbers': (tensor) => ({ ...tensor, dtype: 'I64' }),
  'of bytes': (tensor) => ({ ...tensor, dtype: 'U8' }),
  'with NaN': (tensor) => withValue(tensor, Number.NaN),
  'with infinity': (tensor) => withValue(tensor, Number.NEGATIVE_INFINITY),
};

/** What no field of a config can be, or what turns it off. */
const JUNK: readonly unknown[] = [
  'x',
  '',
  -1,
  0,
  0.5,
  2 ** 53,
  true,
  false,
  [],
  [1],
  ['x'],
  {},
  { x: 1 },
  null,
];

describe.each(Object.entries(METHODS))('F6: a folder of %s', (method, [settings, known]) => {
  const made = written(settings);

  test('that nothing happened to is read', async () => {
    expect(await readPeft(made.files, llama)).toEqual(await readPeft(made.folder({}), llama));
    expect((await readPeft(made.files, llama)).values).toEqual(made.weights.values);
  });

  test.each(Object.entries(OF_A_TENSOR))('with a tensor %s is refused by its name', async (_, change) => {
    for (const [name, tensor] of Object.entries(made.tensors)) {
      const { [name]: _gone, ...rest } = made.tensors;
      const changed = change(tensor);
      const tensors = changed ? { ...rest, [name]: changed } : rest;
      // Of one that is gone its layer may be told.
      const names = changed ? [name] : [name, pathOf(name)];
      await refused(made.folder({ weights: fileOf(tensors) }), names);
    }
  });

  test('with a tensor under another name, or one too many, is refused by that name', async (context) => {
    const [first] = Object.keys(made.tensors);
    const { [first]: tensor, ...rest } = made.tensors;
    const names = [
      ...[`${first}s`, first.toUpperCase(), `module.${first}`, 'base_model.model.lm_head.weight', 'x', ' '],
      ...[first.replace('model.', ''), first.replace(/layers\.0/, 'layers.99')],
    ];
    for (const name of names.filter((other) => other !== first)) {
      injected(context, 2);
      await refused(made.folder({ weights: fileOf({ ...rest, [name]: tensor }) }), [name, first]);
      await refused(made.folder({ weights: fileOf({ ...made.tensors, [name]: tensor }) }), [name]);
    }
  });

  test.each(Object.entries(others))('on %s is refused', async (_, base) => {
    await refused(made.files, ['does not fit', 'has no place', 'does not fit this'], base);
  });

  test('whose weights are cut anywhere, or have another header, is refused or read as it was', async (context) => {
    const whole = fileOf(made.tensors);
    const header = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
    const expected = await readPeft(made.folder({}), llama);
    const damage = fc.record({
      cut: fc.boolean(),
      at: fc.nat(whole.length - 1),
      byte: fc.nat(header - 1),
      change: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ cut, at, byte, change }) => {
        injected(context);
        const damaged = cut ? whole.slice(0, at) : Uint8Array.from(whole);
        if (!cut) damaged[byte] ^= change;
        const result = await outcome(made.folder({ weights: damaged }));
        if (cut) expect(result).toBeInstanceOf(UserError);
        // Two tensors of one size may have changed places; none has come or gone.
        else if (!(result instanceof UserError)) {
          expect(result.settings).toEqual(expected.settings);
          expect([...result.values.keys()]).toEqual([...expected.values.keys()]);
        }
      }),
      { numRuns: 400, seed: 17 },
    );
  });

  test('with a config that is cut anywhere, or is no object, is refused', async (context) => {
    const text = JSON.stringify(made.config);
    const texts = [...Array(text.length).keys()].map((end) => text.slice(0, end));
    for (const config of [...texts, '[]', 'null', '"x"', `[${text}]`, text.replaceAll('"', "'")]) {
      injected(context);
      expect(await outcome(made.folder({ config: new TextEncoder().encode(config) })), config).toBeInstanceOf(
        UserError,
      );
    }
  });

  test('with any field of its config of another kind is refused, or the field is of no account', async (context) => {
    const expected = await readPeft(made.folder({}), llama);
    for (const field of Object.keys(known))
      for (const value of JUNK) {
        injected(context);
        const result = await outcome(made.folder({ config: encoded({ ...made.config, [field]: value }) }));
        if (result instanceof UserError) continue;
        const { settings: read, ...rest } = result;
        const said = SAYS_ANOTHER.includes(field) ? read : expected.settings;
        expect({ settings: read, ...rest }, `${field}: ${JSON.stringify(value)}`).toEqual({
          ...expected,
          settings: said,
        });
      }
  });

  test('with a field that PEFT does not know is refused by it, unless it is off', async (context) => {
    for (const value of JUNK) {
      injected(context);
      const files = made.folder({ config: encoded({ ...made.config, of_tomorrow: value }) });
      const off = !value || (typeof value === 'object' && Object.keys(value as object).length === 0);
      if (off) expect(await outcome(files)).toEqual(await readPeft(made.folder({}), llama));
      else await refused(files, ['of_tomorrow']);
    }
  });

  test('with the config of another method is refused', async (context) => {
    for (const [other, [otherSettings]] of Object.entries(METHODS)) {
      if (other === method) continue;
      injected(context);
      const { config } = written(otherSettings);
      expect(await outcome(made.folder({ config: encoded(config) })), other).toBeInstanceOf(UserError);
    }
  });
});
