import { expect } from 'vitest';
import type { RunRecord } from '../../src/run/record.ts';

/**
 * What PEFT needs is in the zip of a run of the page, its adapter was trained, and no row of the dataset is in it.
 * @param device `webgpu` (in software) or `wasm`
 * @param lines the rows of the dataset, each a conversation
 * @param falls at most this share of the first loss is the last
 * @returns the run's record
 */
export function checkZip(
  files: Record<string, Uint8Array>,
  device: string,
  lines: readonly string[],
  falls = 0.9,
): RunRecord & { metrics: { loss_first: number; loss_last: number } } {
  const names = Object.keys(files);
  expect(names).toEqual(
    expect.arrayContaining(['README.md', 'adapter_config.json', 'adapter_model.safetensors', 'run.json']),
  );
  const text = (name: string) => new TextDecoder().decode(files[name]);
  const record = JSON.parse(text('run.json'));
  expect(record.metrics.loss_last).toBeLessThan(falls * record.metrics.loss_first);
  expect(record.device).toBe(device === 'wasm' ? 'wasm' : 'software');
  expect(record.dataset).toMatchObject({ rows_used: lines.length, rows_bad: 0 });
  const config = JSON.parse(text('adapter_config.json'));
  expect(config).toMatchObject({
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: record.base_model.id,
    r: record.adapter.rank,
    lora_alpha: record.adapter.alpha,
  });
  const targets = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];
  expect(new Set(config.target_modules)).toEqual(new Set(targets));

  const tensors = tensorsOf(files['adapter_model.safetensors']);
  const modules = new Set(tensors.map(({ name }) => name.replace(/\.lora_[AB]\.weight$/, '')));
  for (const module of modules)
    expect(targets, module).toContain(/^base_model\.model\..*\.(\w+)$/.exec(module)?.[1]);
  expect(modules.size % targets.length).toBe(0);
  expect(tensors.map(({ name }) => name).sort()).toEqual(
    [...modules].flatMap((module) => [`${module}.lora_A.weight`, `${module}.lora_B.weight`]).sort(),
  );
  for (const { name, shape, values } of tensors) {
    expect(shape[name.endsWith('.lora_A.weight') ? 0 : 1], `rank of ${name}`).toBe(config.r);
    expect(
      values.some((value) => value !== 0),
      `${name} was trained`,
    ).toBe(true);
    expect(values.every(Number.isFinite), name).toBe(true);
  }
  expect(tensors.reduce((sum, { values }) => sum + values.length, 0)).toBe(
    record.metrics.trainable_parameters,
  );

  for (const line of lines) {
    const { messages } = JSON.parse(line) as { messages: { content: string }[] };
    for (const name of names) {
      if (!/\.(md|json)$/.test(name) || name.startsWith('base/')) continue;
      for (const { content } of messages) {
        if (content.length > 20) expect(text(name).includes(content), `${name} holds a row`).toBe(false);
      }
    }
  }
  return record;
}

/** The tensors of a safetensors file, read by its format alone: together they fill it, and each has as many bytes as its shape says. */
export function tensorsOf(file: Uint8Array): { name: string; shape: number[]; values: Float32Array }[] {
  const length = Number(new DataView(file.buffer, file.byteOffset, file.byteLength).getBigUint64(0, true));
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> =
    JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  expect(entries.length).toBeGreaterThan(0);
  let at = 0;
  const tensors = entries.map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]) => {
      expect([dtype, begin], name).toEqual(['F32', at]);
      expect(end - begin, name).toBe(4 * shape.reduce((product, size) => product * size, 1));
      at = end;
      return {
        name,
        shape,
        values: new Float32Array(file.slice(8 + length + begin, 8 + length + end).buffer),
      };
    },
  );
  expect(at, 'bytes of all tensors').toBe(file.byteLength - 8 - length);
  return tensors;
}
