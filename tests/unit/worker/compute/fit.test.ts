import { afterEach, describe, expect, test, vi } from 'vitest';
import { tinyModel } from '../../../../src/bench/random-model.ts';
import type { RunEvent } from '../../../../src/run/events.ts';
import { defaultSettings } from '../../../../src/run/settings/list.ts';
import type { EngineNeed } from '../../../../src/worker/compute/engine-need.ts';
import { fitInto, fitIntoWasm, spareMemory } from '../../../../src/worker/compute/fit.ts';
import type { OpenModel } from '../../../../src/worker/compute/workspace.ts';

const { config, lora } = tinyModel();
const settings = defaultSettings({ checkpointing: 'auto' });

/** A model whose runs take what `bytes` says, on a device. */
function taking(bytes: (need: EngineNeed) => number, device: EngineNeed['device'] = 'webgpu') {
  const plan = async (need: EngineNeed) => ({ total: bytes(need) });
  const model = { config, host: { plan } } as unknown as OpenModel;
  const need = {
    ...{
      device,
      adapterSettings: lora,
      dtype: 'auto',
      shape: { maxRows: 1, maxLength: 16 },
      checkpointing: false,
    },
  } as EngineNeed;
  const said: string[] = [];
  const emit = (event: RunEvent) => void (event.type === 'warning' && said.push(event.text));
  return { model, need, said, emit };
}

describe('a memory limit', () => {
  test('is met by checkpointing where that is left to us, and says so', async () => {
    const { model, need, said, emit } = taking(({ checkpointing }) => (checkpointing ? 400 : 900));
    await fitInto(model, need, settings, 500, emit);
    expect(need.checkpointing).toBe(true);
    expect(said).toEqual([expect.stringContaining('checkpointing was turned on')]);
  });

  test('that cannot be met refuses, with and without a GPU', async () => {
    for (const device of ['webgpu', 'wasm'] as const) {
      const { model, need, emit } = taking(({ checkpointing }) => (checkpointing ? 800e6 : 900e6), device);
      await expect(fitInto(model, need, settings, 5e6, emit)).rejects.toMatchObject({
        code: 'does-not-fit',
        message: expect.stringContaining('is 5 MB'),
      });
    }
  });
});

describe('WebAssembly', () => {
  const GB = 2 ** 30;
  /** Weights of so many bytes, or of a quarter in q4, and so much for each token that is trained on. */
  const run = (weights: number, perToken: number, shape = { maxRows: 4, maxLength: 256 }) => {
    const { model, need, said, emit } = taking(
      ({ dtype, shape: { maxRows, maxLength }, checkpointing }) =>
        weights / (dtype === 'q4' ? 4 : 1) + (perToken * maxRows * maxLength) / (checkpointing ? 4 : 1),
      'wasm',
    );
    Object.assign(need, { shape });
    return fitIntoWasm(model, need, settings, emit).then(() => ({ need, said }));
  };
  const refusal = (run: Promise<unknown>) => run.then(() => null).catch((error: Error) => error);

  test('holds what fits, as it was asked for', async () => {
    expect(await run(2 * GB, 1e5)).toMatchObject({ need: { checkpointing: false }, said: [] });
  });

  test('turns on checkpointing where that makes a run fit, and says so', async () => {
    const { need, said } = await run(2 * GB, 4e6);
    expect(need.checkpointing).toBe(true);
    expect(said).toEqual([expect.stringContaining('WebAssembly has little memory')]);
  });

  test('refuses weights that leave nothing for a run, with the plan and what would fit', async () => {
    expect(await refusal(run(4.5 * GB, 1e5))).toMatchObject({
      code: 'does-not-fit',
      message: expect.stringMatching(/about 4\.9 GB .* at most 4\.3 GB.*in 4 bits/),
    });
    expect(await refusal(run(20 * GB, 1e5))).toMatchObject({
      message: expect.stringMatching(/Use a browser with WebGPU, or a smaller model\.$/),
    });
  });

  test('refuses a batch that is too large, and one of the size that it names fits', async () => {
    const error = await refusal(run(GB, 1e6, { maxRows: 4096, maxLength: 256 }));
    const rows = Number(/batch size of (\d+) would fit/.exec(error?.message ?? '')?.[1]);
    expect(rows).toBeGreaterThan(0);
    await run(GB, 1e6, { maxRows: rows, maxLength: 256 });
  });

  test('refuses rows that are too long, and a row of the length that it names fits', async () => {
    const error = await refusal(run(GB, 1e6, { maxRows: 1, maxLength: 20_000 }));
    const tokens = Number(/max length of (\d+) would fit/.exec(error?.message ?? '')?.[1]);
    expect(tokens).toBeGreaterThan(0);
    await run(GB, 1e6, { maxRows: 1, maxLength: tokens });
  });

  test('plans nothing where there is a GPU', async () => {
    const { model, need, emit } = taking(() => 9e9);
    await fitIntoWasm(model, need, settings, emit);
  });
});

describe('a phone', () => {
  afterEach(() => vi.unstubAllGlobals());

  test.each([
    ['a large run is checkpointed', true, 900e6, true],
    ['a small one is not', true, 300e6, false],
    ['nor is anything elsewhere', false, 900e6, false],
  ])('%s', async (_, mobile, total, checkpointed) => {
    vi.stubGlobal('navigator', { userAgentData: { mobile } });
    const { model, need, said, emit } = taking(() => total);
    await spareMemory(model, need, settings, emit);
    expect(need.checkpointing).toBe(checkpointed);
    expect(said).toHaveLength(checkpointed ? 1 : 0);
  });
});
