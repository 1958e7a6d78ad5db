import { expect, test } from 'vitest';
import { loraDelta } from '../../../src/methods/lora/matrices.ts';
import { initialAdapter } from '../../../src/methods/parameters.ts';
import { readPeft } from '../../../src/methods/peft.ts';
import type { AdapterWeights, LoraSettings } from '../../../src/methods/types.ts';
import { adapterModules } from '../../../src/model/families/names.ts';
import { readGguf } from '../../../src/weights/gguf/read.ts';
import { bytesReader } from '../../../src/weights/range-reader.ts';
import { readSafetensorsHeader } from '../../../src/weights/safetensors.ts';
import { exported, exportedFile } from './exported.ts';
import { randomModel } from './random-model.ts';

/** Adapters whose rank and alpha differ by module: every format gives the same ΔW, each by its runtime's own formula. */

const model = randomModel();
const { config } = model;
const TARGETS = ['v_proj', 'down_proj'];
const SETTINGS: LoraSettings = {
  ...{ rank: 4, alpha: 8, dropout: 0, targets: TARGETS },
  rankPattern: { 'layers.1.mlp.down_proj': 2, v_proj: 6 },
  alphaPattern: { v_proj: 5 },
};

function patterned(rsLora: boolean): AdapterWeights {
  const weights = initialAdapter(adapterModules(config, TARGETS), { ...SETTINGS, rsLora }, 1);
  for (const [key, b] of weights.values)
    if (key.endsWith('lora_B')) for (let i = 0; i < b.length; i++) b[i] = Math.cos(i + key.length);
  return weights;
}

/** scale · B A [out, in] from A [rank, in] and B [out, rank]. */
function product(a: Float32Array, b: Float32Array, rank: number, scale: number): number[] {
  const [width, rows] = [a.length / rank, b.length / rank];
  return Array.from({ length: rows * width }, (_, n) => {
    const [row, column] = [Math.floor(n / width), n % width];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += b[row * rank + r] * a[r * width + column];
    return scale * sum;
  });
}

function expectDelta(found: number[], weights: AdapterWeights, path: string): void {
  const module = weights.modules.find((one) => one.path === path)!;
  expect(found).toHaveLength(module.out * module.in);
  let at = 0;
  for (const row of loraDelta(weights, module))
    for (const value of row) expect(found[at++]).toBeCloseTo(value, 5);
}

test.each([false, true])(
  'GGUF: alpha of the file over the rank of the tensors; rank-stabilised %s',
  async (rs) => {
    const weights = patterned(rs);
    const bytes = await exportedFile('gguf', model, weights);
    const { metadata, tensors } = await readGguf(bytesReader('adapter.gguf', bytes));
    const alpha = Number(metadata.get('adapter.lora.alpha'));
    const ranks: number[] = [];
    for (const { path, layer, target } of weights.modules) {
      const name = `blk.${layer}.${target === 'v_proj' ? 'attn_v' : 'ffn_down'}.weight`;
      const read = (part: string) => {
        const { begin, bytes: size } = tensors.get(`${name}.lora_${part}`)!;
        return new Float32Array(bytes.slice(begin, begin + size).buffer);
      };
      const [rank] = tensors.get(`${name}.lora_a`)!.shape;
      ranks.push(rank);
      expectDelta(product(read('a'), read('b'), rank, alpha / rank), weights, path);
    }
    expect(ranks).toEqual([6, 4, 6, 2]);
  },
);

test('MLX: one rank and one scale for all', async () => {
  const weights = patterned(false);
  const files = await exported('mlx', model, weights);
  const { lora_parameters } = JSON.parse(await files[1].blob.text());
  const { tensors } = await readSafetensorsHeader(bytesReader('a', await files[0].bytes()));
  expect(lora_parameters.rank).toBe(6);
  for (const { path, in: width, out } of weights.modules) {
    const read = async (part: string) => {
      const { begin, end } = tensors.get(`${path}.lora_${part}`)!;
      return new Float32Array(await files[0].blob.slice(begin, end).arrayBuffer());
    };
    const [a, b] = [await read('a'), await read('b')];
    expect([a.length, b.length]).toEqual([width * 6, 6 * out]);
    const transposed = (values: Float32Array, rows: number, columns: number) =>
      Float32Array.from(
        { length: values.length },
        (_, n) => values[(n % rows) * columns + Math.floor(n / rows)],
      );
    const found = product(transposed(a, width, 6), transposed(b, 6, out), 6, lora_parameters.scale);
    expectDelta(found, weights, path);
  }
});

test.each([false, true])('PEFT: as PEFT says it, and read back; rank-stabilised %s', async (rs) => {
  const weights = patterned(rs);
  const files = await exported('peft', model, weights);
  const config_ = JSON.parse(await files.find(({ path }) => path === 'adapter_config.json')!.blob.text());
  expect(config_).toMatchObject({
    r: 4,
    lora_alpha: 8,
    rank_pattern: SETTINGS.rankPattern,
    alpha_pattern: SETTINGS.alphaPattern,
  });
  const named = await Promise.all(
    files.map(async (file) => ({ path: file.path, bytes: await file.bytes() })),
  );
  const again = await readPeft(named, config);
  expect(again.values).toEqual(weights.values);
  expect(again.settings).toMatchObject({
    rankPattern: SETTINGS.rankPattern,
    alphaPattern: SETTINGS.alphaPattern,
  });
});
