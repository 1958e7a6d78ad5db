import { expect } from 'vitest';

/**
 * What PEFT needs is in the zip of a run of the page, its adapter was trained, and no row of the dataset is in it.
 * @param device `webgpu` (in software) or `wasm`
 * @param lines the rows of the dataset, each a conversation
 * @param falls at most this share of the first loss is the last
 * @returns the run's figures
 */
export function checkZip(
  files: Record<string, Uint8Array>,
  device: string,
  lines: readonly string[],
  falls = 0.9,
): { loss_first: number; loss_last: number } {
  const names = Object.keys(files);
  expect(names).toEqual(
    expect.arrayContaining(['README.md', 'adapter_config.json', 'adapter_model.safetensors', 'run.json']),
  );
  const text = (name: string) => new TextDecoder().decode(files[name]);
  const config = JSON.parse(text('adapter_config.json'));
  expect(config).toMatchObject({ peft_type: 'LORA', task_type: 'CAUSAL_LM' });
  expect(new Set(config.target_modules)).toEqual(new Set(['q_proj', 'k_proj', 'v_proj', 'o_proj']));
  const record = JSON.parse(text('run.json'));
  expect(record.metrics.loss_last).toBeLessThan(falls * record.metrics.loss_first);
  expect(record.device).toBe(device === 'wasm' ? 'wasm' : 'software');
  const weights = files['adapter_model.safetensors'];
  const view = new DataView(weights.buffer, weights.byteOffset, weights.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(weights.subarray(8, 8 + length)));
  const tensors = Object.keys(header).filter((name) => name !== '__metadata__');
  expect(tensors.length % 8).toBe(0);
  for (const name of tensors) {
    const [begin, end] = header[name].data_offsets;
    const values = new Float32Array(weights.slice(8 + length + begin, 8 + length + end).buffer);
    expect(
      values.some((value) => value !== 0),
      `${name} was trained`,
    ).toBe(true);
    expect(values.every(Number.isFinite), name).toBe(true);
  }
  for (const line of lines) {
    const { messages } = JSON.parse(line) as { messages: { content: string }[] };
    for (const name of names) {
      if (!/\.(md|json)$/.test(name) || name.startsWith('base/')) continue;
      for (const { content } of messages) {
        if (content.length > 20) expect(text(name).includes(content), `${name} holds a row`).toBe(false);
      }
    }
  }
  return record.metrics;
}
