import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { quantisationReport } from '../../../src/loading/quantisation.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { openFolder } from '../../../src/weights/folder.ts';
import { readFloats } from '../../../src/weights/load.ts';

/** The random Llama of the engines' tests: rows of 32 and, in the down projections, of 52 values, all float32. */
const folder = new URL('../model/fixtures/llama/', import.meta.url);

async function open() {
  const names = ['config.json', 'model.safetensors'];
  const files = await Promise.all(
    names.map(async (name) => new File([await readFile(new URL(name, folder))], name)),
  );
  const source = await openFolder([...files, new File(['{}'], 'tokenizer.json')]);
  return { source, config: parseConfig(source.config, source.tensors, null) };
}

test('sizes and errors of every precision', async () => {
  const { source, config } = await open();
  const of = (dtype: 'auto' | 'f16' | 'q8' | 'q4' | 'nf4') => quantisationReport(source, config, dtype);
  const [auto, f16, q8, q4, nf4] = await Promise.all([of('auto'), of('f16'), of('q8'), of('q4'), of('nf4')]);
  expect(auto.heldBytes).toBe(auto.storedBytes);
  expect(auto.matrices.every(({ error, type }) => error === 0 && type === 'f32')).toBe(true);
  expect(f16.heldBytes).toBeLessThan(0.55 * auto.heldBytes);
  expect(q4.heldBytes).toBeLessThan(q8.heldBytes);

  const error = (report: typeof q4, name: string) =>
    report.matrices.find((matrix) => matrix.name === `model.layers.0.${name}.weight`)!;
  expect(error(f16, 'self_attn.q_proj').error).toBeLessThan(5e-4);
  expect(error(q8, 'self_attn.q_proj').error).toBeGreaterThan(1e-3);
  expect(error(q8, 'self_attn.q_proj').error).toBeLessThan(1e-2);
  expect(error(q4, 'self_attn.q_proj').error).toBeGreaterThan(0.03);
  expect(error(q4, 'self_attn.q_proj').error).toBeLessThan(0.15);
  // 52 and 32 values are no whole blocks of 32 and 64: those stay as they are.
  expect(error(q4, 'mlp.down_proj')).toMatchObject({ type: 'f32', error: 0 });
  expect(error(nf4, 'self_attn.q_proj')).toMatchObject({ type: 'f32', error: 0 });
});

test('the error is that of the rounded values', async () => {
  const { source, config } = await open();
  const name = 'model.layers.1.self_attn.v_proj.weight';
  const values = await readFloats(source, name);
  let [difference, size] = [0, 0];
  for (let from = 0; from < values.length; from += 32) {
    const block = values.subarray(from, from + 32);
    const scale = Math.max(...block.map(Math.abs)) / 127;
    for (const x of block) {
      difference += (x - Math.round(x / scale) * scale) ** 2;
      size += x * x;
    }
  }
  const { matrices } = await quantisationReport(source, config, 'q8');
  const found = matrices.find((matrix) => matrix.name === name)!.error;
  expect(found / Math.sqrt(difference / size)).toBeCloseTo(1, 1);
});
