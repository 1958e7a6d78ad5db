import { afterEach, describe, expect, test, vi } from 'vitest';
import { tinyModel } from '../../../../src/bench/random-model.ts';
import type { RunEvent } from '../../../../src/run/events.ts';
import { defaultSettings } from '../../../../src/run/settings.ts';
import type { EngineNeed } from '../../../../src/worker/compute/engine-need.ts';
import { fitInto, fitIntoWasm, spareMemory } from '../../../../src/worker/compute/fit.ts';
import type { OpenModel } from '../../../../src/worker/compute/workspace.ts';

const { config, lora } = tinyModel();
const settings = defaultSettings({ checkpointing: 'auto' });

/** A model whose runs take these bytes, plain and with checkpointing; null: there is no GPU to plan for. */
function taking(plain: number | null, checkpointed = plain) {
  const plan = async (need: EngineNeed) => plain && { total: need.checkpointing ? checkpointed : plain };
  const model = { config, info: { parameters: 1e6 }, host: { plan } } as unknown as OpenModel;
  const need = {
    device: plain === null ? 'wasm' : 'webgpu',
    lora,
    shape: { maxRows: 1, maxLength: 16 },
    checkpointing: false,
  } as EngineNeed;
  const said: string[] = [];
  const emit = (event: RunEvent) => void (event.type === 'warning' && said.push(event.text));
  return { model, need, said, emit };
}

describe('a memory limit', () => {
  test('is met by checkpointing where that is left to us, and says so', async () => {
    const { model, need, said, emit } = taking(900, 400);
    await fitInto(model, need, settings, 500, emit);
    expect(need.checkpointing).toBe(true);
    expect(said).toEqual([expect.stringContaining('checkpointing was turned on')]);
  });

  test('that cannot be met refuses, with and without a GPU', async () => {
    for (const { model, need, emit } of [taking(900e6, 800e6), taking(null)])
      await expect(fitInto(model, need, settings, 5e6, emit)).rejects.toMatchObject({
        code: 'does-not-fit',
        message: expect.stringContaining('is 5 MB'),
      });
  });
});

describe('WebAssembly', () => {
  /** A model of so many parameters with a batch that keeps much. */
  const run = (parameters: number, maxRows = 4, maxLength = 256) => {
    const { model, need } = taking(null);
    Object.assign(model.info, { parameters });
    return fitIntoWasm(model, { ...need, shape: { ...need.shape, maxRows, maxLength } });
  };
  const refusal = (run: Promise<void>) => run.then(() => null).catch((error: Error) => error);

  test('holds a model whose weights take half of it', async () => {
    await run(135e6);
  });

  test('refuses a model that leaves nothing for a run, with the plan and what would fit', async () => {
    expect(await refusal(run(300e6, 1, 16))).toMatchObject({
      code: 'does-not-fit',
      message: expect.stringMatching(/about 4\.8 GB .* at most 4\.3 GB.*fewer than 250 million parameters/),
    });
  });

  test('refuses a batch that is too large, and one of the size that it names fits', async () => {
    const error = await refusal(run(200e6, 4096, 256));
    const rows = Number(/batch size of (\d+) would fit/.exec(error?.message ?? '')?.[1]);
    expect(rows).toBeGreaterThan(0);
    await run(200e6, rows, 256);
  });

  test('refuses rows that are too long, and a row of the length that it names fits', async () => {
    const error = await refusal(run(200e6, 1, 20_000));
    const tokens = Number(/max length of (\d+) would fit/.exec(error?.message ?? '')?.[1]);
    expect(tokens).toBeGreaterThan(0);
    await run(200e6, 1, tokens);
  });

  test('plans nothing where there is a GPU', async () => {
    const { model, need } = taking(9e9);
    await fitIntoWasm(model, need);
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
    const { model, need, said, emit } = taking(total);
    await spareMemory(model, need, settings, emit);
    expect(need.checkpointing).toBe(checkpointed);
    expect(said).toHaveLength(checkpointed ? 1 : 0);
  });
});
