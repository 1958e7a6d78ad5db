import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import {
  differences,
  type RunIdentity,
  readCheckpoint,
  stateFor,
  writeCheckpoint,
} from '../../../src/run/checkpoint.ts';
import { injected } from '../../faults/injected.ts';
import { processorEngine } from '../engine/processor/processor-engine.ts';
import { type Fixture, openFixture } from '../model/fixture.ts';
import { readFixture } from '../read-fixture.ts';
import { describeResume, SHAPE } from './resume.ts';

let f: Fixture;
beforeAll(async () => {
  f = await openFixture((file) => readFixture(new URL(`../model/fixtures/llama/${file}`, import.meta.url)));
});

describeResume(async () => ({ f, engine: await processorEngine(f, SHAPE) }));

const IDENTITY: RunIdentity = {
  version: 1,
  model: 'bundled',
  settings: { rank: 4, learningRate: 1e-3 },
  initAdapter: null,
  fingerprint: null,
  dataset: { sha256: 'ab', rows: 3, mapping: null },
  heldOut: null,
  kernels: { 'linear-forward 8x8 f32 many': 'quad-8x4' },
  device: 'wasm',
};

function example(): Uint8Array {
  const count = f.modules.reduce((sum, { in: i, out }) => sum + f.adapterSettings.rank * (i + out), 0);
  const values = (of: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * of));
  return writeCheckpoint(IDENTITY, {
    progress: {
      step: 7,
      epoch: 2,
      tokens: 700,
      supervised: 300,
      seconds: 1.5,
      lossFirst: 3,
      lossLast: 2,
      skipped: 0,
      evals: [
        { step: 0, loss: 3 },
        { step: 4, loss: Number.NaN },
      ],
      best: { step: 0, loss: 3 },
    },
    adapter: f.initial,
    optimizer: { m: values(1), v: values(2) },
    best: f.final,
  });
}

describe('a checkpoint file', () => {
  it('gives back what was written', async () => {
    const read = await readCheckpoint(example(), 'a.safetensors');
    expect(read.identity).toEqual(IDENTITY);
    const state = stateFor(read, f.modules, f.adapterSettings);
    expect(state.progress.evals[1].loss).toBeNaN();
    for (const { path } of f.modules) {
      expect(state.adapter.values.get(`${path}.lora_A`)).toEqual(f.initial.values.get(`${path}.lora_A`));
      expect(state.best!.values.get(`${path}.lora_B`)).toEqual(f.final.values.get(`${path}.lora_B`));
    }
    expect(state.optimizer.v[3]).toBe(Math.fround(Math.sin(6)));
  });

  it('L2: is refused where any byte differs or is missing, and nothing else escapes', async (context) => {
    const whole = example();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, change, cut) => {
          injected(context);
          const damaged = cut ? whole.slice(0, at) : Uint8Array.from(whole);
          if (!cut) damaged[at] ^= change;
          try {
            // Spaces of the header's padding and the order of its keys carry nothing.
            expect(await readCheckpoint(damaged, 'x')).toEqual(await readCheckpoint(whole, 'x'));
          } catch (error) {
            if (!(error instanceof UserError)) throw error;
            expect(error.message).toMatch(/cannot be used/);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is refused for an adapter of another size', async () => {
    const read = await readCheckpoint(example(), 'x');
    expect(() => stateFor(read, f.modules.slice(1), f.adapterSettings)).toThrow(/a different adapter/);
  });
});

describe('what differs between two runs', () => {
  it('is named as a person calls it', () => {
    const other = {
      ...IDENTITY,
      settings: { rank: 8, learningRate: 1e-3 },
      dataset: { sha256: 'cd', rows: 3, mapping: null },
    };
    expect(differences(IDENTITY, other)).toEqual(['the data (--data)', 'rank']);
    expect(differences(IDENTITY, { ...IDENTITY, kernels: {} })).toEqual([]);
    const initAdapter = { sha256: 'cd', rsLora: true };
    expect(
      differences({ ...IDENTITY, fingerprint: 'gh' }, { ...IDENTITY, initAdapter, fingerprint: 'ef' }),
    ).toEqual(['the model (--model)', 'the adapter it began with (--init-adapter)']);
  });
});
