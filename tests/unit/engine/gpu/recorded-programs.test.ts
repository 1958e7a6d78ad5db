import { readFileSync, writeFileSync } from 'node:fs';
import { GpuEngine } from '../../../../src/engine/gpu/engine.ts';
import type { BaseDtype } from '../../../../src/loading/base-dtype.ts';
import { loadWeights } from '../../../../src/loading/load-weights.ts';
import { adapterModules } from '../../../../src/model/families/names.ts';
import type { MemoryCategory } from '../../../../src/ops/memory.ts';
import { recordingGpu, recordPrograms } from '../../gpu/recording-gpu.ts';
import { FIXTURES, openFixture, sourceOf } from '../../model/fixture.ts';
import { hashOf, type Pin, type Pins, testPins } from '../../pinned.ts';

/**
 * Holds what an engine records on WebGPU: each dispatch with its constants, bindings, slot, grid and operations, and
 * what was allocated for it. Nothing runs, so that a refactor of model, sublayers or operations is checked in seconds;
 * that the numbers are right is for tests/gpu. How to record anew: ../../pinned.ts.
 */

const PINS = new URL('./fixtures/recorded-programs.json', import.meta.url);
/** In the order in which an engine begins them. */
const PROGRAMS = ['train', 'evaluate', 'hidden', 'logits', 'update', 'decode 64', 'decode 1'];
const CATEGORIES: MemoryCategory[] = ['base', 'adapter', 'optimizer', 'activation', 'other'];
const SHAPE = { maxRows: 3, maxLength: 40 };

interface Case {
  dtype?: BaseDtype;
  software?: boolean;
  checkpointing?: boolean;
  packing?: boolean;
  dropout?: number;
  rank?: number;
  targets?: string[];
  /** A vocabulary for which the logits come in several chunks. */
  vocab?: number;
  /** Where one binding cannot hold a whole weight. */
  largestBinding?: number;
}

async function record(name: string, options: Case = {}): Promise<Pin> {
  const folder = new URL(`../../model/fixtures/${name}/`, import.meta.url);
  const f = await openFixture(async (file) => new Uint8Array(readFileSync(new URL(file, folder))));
  const config = { ...f.config, vocab: options.vocab ?? f.config.vocab };
  const lora = {
    ...f.adapterSettings,
    dropout: options.dropout ?? 0,
    rank: options.rank ?? f.adapterSettings.rank,
    targets: options.targets ?? f.adapterSettings.targets,
  };
  const { gpu, pipelines } = recordingGpu(options.software ?? true);
  const { weights } = await loadWeights(gpu, sourceOf(f), config, options.dtype ?? 'f32', {
    plan: true,
    largestBinding: options.largestBinding,
  });
  const modules = adapterModules(config, lora.targets);
  const dims = {
    ...{ rows: 77, batch: 2, length: 39, start: 0, offset: 0, supervised: 50, step: 1, seed: 1 },
    ...{ scale: 1 / 50, strength: 1, micro: 0 },
  };
  const programs = await recordPrograms(dims, async () => {
    const engine = await GpuEngine.create({ gpu, pipelines, config, weights }, lora, modules, {
      shape: SHAPE,
      seed: 1,
      checkpointing: options.checkpointing ?? false,
      packing: options.packing ?? false,
      kernels: {},
      planBytes: 0,
    });
    await engine.decode(SHAPE.maxLength, 1);
  });
  if (programs.length !== PROGRAMS.length) throw new Error(`${programs.length} programs were recorded`);
  const folderOfLines = process.env.LOWRANK_PROGRAM_LINES;
  return {
    sha256: Object.fromEntries(
      programs.map(({ lines }, i) => {
        // To see which dispatch differs, write the lines before and after a change.
        if (folderOfLines)
          writeFileSync(
            `${folderOfLines}/${[name, ...Object.entries(options).flat(), PROGRAMS[i]].join(' ')}.txt`,
            `${lines.join('\n')}\n`,
          );
        return [PROGRAMS[i], hashOf(lines.join('\n'))];
      }),
    ),
    figures: {
      ...Object.fromEntries(programs.map(({ dispatches }, i) => [`${PROGRAMS[i]}: dispatches`, dispatches])),
      ...Object.fromEntries(CATEGORIES.map((category) => [`bytes of ${category}`, gpu.memory.of(category)])),
    },
  };
}

testPins({
  pins: JSON.parse(readFileSync(PINS, 'utf8')) as Pins,
  environment: async () => ({}),
  cases: {
    ...Object.fromEntries(FIXTURES.map((name) => [name, () => record(name)])),
    'llama, kernels of hardware': () => record('llama', { software: false }),
    'gpt2, kernels of hardware': () => record('gpt2', { software: false }),
    'llama in f16': () => record('llama', { dtype: 'f16' }),
    'llama in q8': () => record('llama', { dtype: 'q8' }),
    'llama in q4': () => record('llama', { dtype: 'q4' }),
    'llama, packing': () => record('llama', { packing: true }),
    'gpt2, packing': () => record('gpt2', { packing: true }),
    'llama, checkpointing': () => record('llama', { checkpointing: true }),
    'gemma3, checkpointing': () => record('gemma3', { checkpointing: true }),
    'gpt_neox, checkpointing': () => record('gpt_neox', { checkpointing: true }),
    'llama, dropout': () => record('llama', { dropout: 0.2 }),
    'gpt_neox, dropout': () => record('gpt_neox', { dropout: 0.2 }),
    'llama, rank 5': () => record('llama', { rank: 5 }),
    'llama, q and v': () => record('llama', { targets: ['q_proj', 'v_proj'] }),
    'qwen2, q and v': () => record('qwen2', { targets: ['q_proj', 'v_proj'] }),
    'llama, o alone': () => record('llama', { targets: ['o_proj'] }),
    'llama, feed-forward': () => record('llama', { targets: ['gate_proj', 'up_proj', 'down_proj'] }),
    'llama, down alone': () => record('llama', { targets: ['down_proj'] }),
    'gemma3, attention': () => record('gemma3', { targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] }),
    'gpt_neox, attention': () => record('gpt_neox', { targets: ['query_key_value', 'dense'] }),
    'gpt_neox, feed-forward': () => record('gpt_neox', { targets: ['dense_h_to_4h'] }),
    'llama, head in chunks': () => record('llama', { vocab: 1 << 20 }),
    'llama, weights in several bindings': () => record('llama', { largestBinding: 1 << 13 }),
  },
  write: (json) => writeFileSync(PINS, json) as unknown as Promise<void>,
});
