import { afterEach, describe, expect, test, vi } from 'vitest';
import { tinyModel } from '../../../../src/bench/random-model.ts';
import type { RunEvent } from '../../../../src/run/events.ts';
import { defaultSettings } from '../../../../src/run/settings.ts';
import type { EngineNeed } from '../../../../src/worker/compute/engine-need.ts';
import { fitInto, spareMemory } from '../../../../src/worker/compute/fit.ts';
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
