import type { RunRecordInput } from '../../../src/run/record.ts';
import { defaultSettings } from '../../../src/run/settings/list.ts';

/** A made-up run, for its record. */
export const recordInput: RunRecordInput = {
  created: '2026-11-24T00:00:00.000Z',
  base: { id: './base', revision: null, architecture: 'LlamaForCausalLM', precision: 'f16' },
  adapterSettings: { rank: 8, alpha: 16, dropout: 0, targets: ['q_proj', 'v_proj'] },
  settings: defaultSettings({ seed: 5 }),
  dataset: { sha256: 'abc123', bytes: 10, rows_used: 200, rows_dropped: 1, rows_bad: 2, rows_held_out: 20 },
  engine: {
    device: 'webgpu',
    gpu: { vendor: 'v', architecture: 'a', description: 'Some GPU', features: ['shader-f16'] },
    kernels: { lora: 'tile' },
    dispatchesPerStep: 1,
    submitsPerStep: 1,
  },
  packages: { lowrank: '0.1.0' },
  metrics: {
    steps: 30,
    epochs: 2,
    tokens: 100,
    supervised_tokens: 50,
    seconds: 3,
    tokens_per_second: 33,
    loss_first: 3.00001,
    loss_last: 1.25,
    eval: { rows: 20, loss_before: 3, loss_after: 1.5, best_step: 30 },
    trainable_parameters: 100,
  },
};
