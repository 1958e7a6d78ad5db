import { describe, expect, test } from 'vitest';
import { cardOf, exportAdapter, refusedExports } from '../../../src/export/export.ts';
import { mlx } from '../../../src/export/formats/mlx.ts';
import { peft } from '../../../src/export/formats/peft.ts';
import type { NamedFile } from '../../../src/files/named-file.ts';
import { adapterDigest } from '../../../src/methods/digest.ts';
import { MAGNITUDE } from '../../../src/methods/dora/magnitude.ts';
import { initialAdapter, parametersOf, trainableParameters } from '../../../src/methods/parameters.ts';
import { readPeft } from '../../../src/methods/peft.ts';
import type { AdapterWeights, LoraSettings } from '../../../src/methods/types.ts';
import { adapterModules } from '../../../src/model/families/names.ts';
import { adapterSettings } from '../../../src/run/adapter-settings.ts';
import { defaultSettings } from '../../../src/run/settings/list.ts';
import { bytesReader } from '../../../src/weights/range-reader.ts';
import { readSafetensorsHeader } from '../../../src/weights/safetensors.ts';
import { randomModel } from '../export/random-model.ts';

const model = randomModel();
const settings: LoraSettings = {
  method: 'dora',
  rank: 3,
  alpha: 5,
  dropout: 0,
  targets: ['q_proj', 'down_proj'],
};

/** No value twice, so that none can be mistaken for another. */
function weightsOf(own: LoraSettings = settings): AdapterWeights {
  const modules = adapterModules(model.config, own.targets);
  const values = new Map(
    parametersOf(modules, own).map(({ parameter: { shape }, key }, p) => [
      key,
      Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => p + 1 + i / 8192),
    ]),
  );
  return { settings: own, modules, values };
}

async function written(format: typeof peft | typeof mlx, weights: AdapterWeights): Promise<NamedFile[]> {
  const { files } = await exportAdapter(format, {
    ...{ ...model, weights, dtype: null, target: '.', chat: false, record: null },
  });
  return Promise.all(
    files.map(async ({ path, blob }) => ({ path, bytes: new Uint8Array(await blob.arrayBuffer()) })),
  );
}

const fileOf = (files: readonly NamedFile[], path: string) => files.find((one) => one.path === path)!.bytes;
const configOf = (files: readonly NamedFile[]) =>
  JSON.parse(new TextDecoder().decode(fileOf(files, 'adapter_config.json')));

describe('what is trained', () => {
  test('A, B and one value a row; with LoRA+ the magnitudes at the rate of B', () => {
    const [module] = adapterModules(model.config, ['q_proj']);
    expect(trainableParameters([module], settings)).toBe(3 * module.in + 3 * module.out + module.out);
    const groups = (own: LoraSettings) => parametersOf([module], own).map(({ parameter }) => parameter.group);
    expect(groups(settings)).toEqual([0, 0, 0]);
    expect(groups({ ...settings, loraPlusRatio: 4 })).toEqual([0, 1, 1]);
  });

  test('the magnitudes begin on the device: no start has values for them', () => {
    const { values, modules } = initialAdapter(adapterModules(model.config, ['q_proj']), settings, 1);
    expect([...values.keys()]).toEqual(modules.flatMap(({ path }) => [`${path}.lora_A`, `${path}.lora_B`]));
  });

  test('settings of a run; LoRA’s other starts are not for it', () => {
    const { family } = model.config;
    const run = defaultSettings({ method: 'dora', rank: 3, alpha: 5, init: 'pissa', targets: ['q_proj'] });
    expect(adapterSettings(run, family)).toEqual({ ...settings, targets: ['q_proj'] });
  });
});

describe.each([
  ['PEFT', peft, 'adapter_model.safetensors'],
  ['mlx-lm', mlx, 'adapters.safetensors'],
] as const)('a folder of %s', (name, format, file) => {
  test('is read as it was written', async () => {
    const weights = weightsOf();
    const read = await readPeft(await written(format, weights), model.config);
    expect(read.settings).toMatchObject({ method: 'dora', rank: 3, targets: ['q_proj', 'down_proj'] });
    expect(read.settings).toHaveProperty('alpha', expect.closeTo(5, 12));
    expect(read.values).toEqual(weights.values);
    expect(read.modules).toEqual(weights.modules);
  });

  test('has a magnitude for each row, under the program’s own name', async () => {
    const files = await written(format, weightsOf());
    const { tensors } = await readSafetensorsHeader(bytesReader(file, fileOf(files, file)));
    const [{ path, out }] = weightsOf().modules;
    const own = name === 'PEFT' ? `base_model.model.${path}.${MAGNITUDE}` : `${path}.m`;
    expect(tensors.get(own)?.shape).toEqual([out]);
    const config = configOf(files);
    expect(config).toMatchObject(
      name === 'PEFT' ? { peft_type: 'LORA', use_dora: true } : { fine_tune_type: 'dora' },
    );
  });

  test.each(['missing', 'of another size', 'not announced'])(
    'F6: is refused with a magnitude %s',
    async (what) => {
      const weights = weightsOf();
      const key = `${weights.modules[0].path}.${MAGNITUDE}`;
      const files = await written(format, weights);
      if (what === 'not announced') {
        const config = {
          ...configOf(files),
          use_dora: false,
          ...(name === 'PEFT' ? {} : { fine_tune_type: 'lora' }),
        };
        const plain = files.map((one) =>
          one.path === 'adapter_config.json'
            ? { ...one, bytes: new TextEncoder().encode(JSON.stringify(config)) }
            : one,
        );
        await expect(readPeft(plain, model.config)).rejects.toThrow(
          name === 'PEFT' ? 'use_dora' : 'has no place',
        );
        return;
      }
      if (what === 'missing') weights.values.delete(key);
      else weights.values.set(key, new Float32Array(3));
      await expect(written(format, weights)).rejects.toThrow(key);
    },
  );
});

test('a GGUF adapter is refused with what to do instead, and everything else is written', () => {
  const refused = refusedExports(model, { method: 'dora' });
  expect(Object.keys(refused)).toEqual(['gguf']);
  expect(refused.gguf).toMatch(/no place for DoRA.*Export the merged model as GGUF/);
});

test('the card and the digest tell it from LoRA', () => {
  const weights = weightsOf();
  const card = new TextDecoder().decode(
    cardOf(peft, { ...model, weights, target: '.', chat: false, record: null }).bytes,
  );
  expect(card).toContain('# DoRA adapter for Model');
  expect(card).toContain('- dora');
  expect(adapterDigest(weights)).not.toBe(
    adapterDigest({ ...weights, settings: { ...settings, method: 'lora' } }),
  );
});
