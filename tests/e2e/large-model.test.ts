import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openHeadless } from '../../scripts/headless/browser.mjs';
import { openModelIn } from '../../scripts/headless/open.mjs';
import { safetensorsPrefix } from '../../src/weights/safetensors.ts';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';
import { mostHeapWhile } from './most-heap.ts';

const LAYERS = 9;
const HIDDEN = 2048;
const INNER = 8192;
const VOCAB = 4096;
/** Of page and workers together, garbage included. */
const MOST_HEAP = 300e6;

/** A Llama in f16, 1.1 GB with the usual layers, whose values are all 0: a file with a hole, which takes no time to write. */
function largeModel(layers = LAYERS): string {
  const folder = temporaryFolder();
  const tiny = projectFile('public/models/tiny');
  const config = JSON.parse(readFileSync(join(tiny, 'config.json'), 'utf8'));
  const changed = {
    ...config,
    hidden_size: HIDDEN,
    intermediate_size: INNER,
    num_hidden_layers: layers,
    num_attention_heads: 32,
    num_key_value_heads: 8,
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(changed));
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(join(tiny, name), join(folder, name));
  const shapes: [string, number[]][] = [
    ['model.embed_tokens.weight', [VOCAB, HIDDEN]],
    ['model.norm.weight', [HIDDEN]],
  ];
  for (let layer = 0; layer < layers; layer++) {
    const block = `model.layers.${layer}`;
    shapes.push(
      [`${block}.input_layernorm.weight`, [HIDDEN]],
      [`${block}.post_attention_layernorm.weight`, [HIDDEN]],
      [`${block}.self_attn.q_proj.weight`, [2048, HIDDEN]],
      [`${block}.self_attn.k_proj.weight`, [512, HIDDEN]],
      [`${block}.self_attn.v_proj.weight`, [512, HIDDEN]],
      [`${block}.self_attn.o_proj.weight`, [HIDDEN, 2048]],
      [`${block}.mlp.gate_proj.weight`, [INNER, HIDDEN]],
      [`${block}.mlp.up_proj.weight`, [INNER, HIDDEN]],
      [`${block}.mlp.down_proj.weight`, [HIDDEN, INNER]],
    );
  }
  const prefix = safetensorsPrefix(
    shapes.map(([name, shape]) => ({ name, dtype: 'F16', shape })),
    {},
  );
  const values = shapes.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b), 0);
  const file = openSync(join(folder, 'model.safetensors'), 'w');
  writeSync(file, prefix);
  ftruncateSync(file, prefix.length + 2 * values);
  closeSync(file);
  return folder;
}

test('while a model of 1 GB loads, the heap of page and workers stays under 300 MB', async () => {
  const folder = largeModel();
  const headless = await openHeadless({ device: 'webgpu', onEvent: () => {}, say: () => {} });
  headless.disconnected.catch(() => {});
  try {
    const browser = headless.page.context().browser()!;
    const files = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
    const model = {
      files: files.map((name) => join(folder, name)),
      choice: { kind: 'folder' as const, name: 'large' },
      kept: null,
    };
    await headless.bridge.evaluate((lowrank) => lowrank.hardware('webgpu'));
    const info = await openModelIn(headless, model);
    expect(info.bytes).toBeGreaterThan(1e9);

    const answer = headless.bridge.evaluate((lowrank) =>
      lowrank.generate({
        prompt: 'a',
        raw: true,
        maxTokens: 1,
        temperature: 0,
        topP: 1,
        seed: 0,
        strength: 0,
      }),
    );
    const { result, most, looks } = await mostHeapWhile(browser, answer, 100);
    const { output_ids, stop } = result;
    expect(output_ids.length + (stop === 'eos' ? 1 : 0)).toBe(1);
    expect(looks).toBeGreaterThan(10);
    // The bundled model's page alone has tens of MB: what is measured is not nothing.
    expect(most).toBeGreaterThan(5e6);
    console.log(
      `${(info.bytes / 1e6).toFixed(0)} MB loaded, at most ${(most / 1e6).toFixed(0)} MB of heap in ${looks} looks`,
    );
    expect(most).toBeLessThan(MOST_HEAP);
  } finally {
    await headless.close();
    rmSync(folder, { recursive: true });
  }
});

test('without WebGPU it answers as the file has it; what would not fit is refused in a sentence before anything is loaded', async () => {
  const flags = ['--device', 'wasm', '--prompt', 'a', '--raw', '--max-tokens', '1'];
  const [folder, larger] = [largeModel(), largeModel(2 * LAYERS)];
  try {
    const { status } = await lowrank(['generate', '--model', folder, ...flags]);
    expect(status).toBe(0);
    const refused = await lowrank(['generate', '--model', larger, ...flags, '--base-dtype', 'f32']);
    expect(refused.status).toBe(2);
    const [, gigabytes] =
      /would need (\d\.\d) GB.*at most 4 GB.*use a browser with WebGPU/.exec(refused.lastLine) ?? [];
    // 4.4 GB of weights, and little beside: an answer keeps nothing for a gradient.
    expect(Number(gigabytes)).toBeGreaterThan(4.2);
    expect(Number(gigabytes)).toBeLessThan(5);
  } finally {
    for (const path of [folder, larger]) rmSync(path, { recursive: true });
  }
});
