import { afterEach, describe, expect, test, vi } from 'vitest';
import { findHardware } from '../../../../src/worker/compute/hardware.ts';
import { activeThreads, askThreads, setAway } from '../../../../src/worker/compute/threads.ts';

afterEach(() => vi.unstubAllGlobals());

/** A browser: over https or not, and with an adapter, without one, or without WebGPU. */
function browser(adapter: object | null | undefined, secure = true): void {
  vi.stubGlobal('isSecureContext', secure);
  vi.stubGlobal('navigator', adapter === undefined ? {} : { gpu: { requestAdapter: async () => adapter } });
}

/** A page that is cross-origin isolated, in a browser that then shares memory; or neither. */
function isolate(isolated: boolean): void {
  vi.stubGlobal('crossOriginIsolated', isolated);
  vi.stubGlobal('SharedArrayBuffer', isolated ? ArrayBuffer : undefined);
}

function adapter(description: string, features: string[] = []): object {
  const info = { vendor: 'maker', architecture: 'kind', description, isFallbackAdapter: false };
  return { info, features: new Set(features), limits: { maxBufferSize: 2 ** 28 } };
}

describe('G1: no graphics card for WebGPU', () => {
  test.each([
    ['no WebGPU', undefined, true, 'This browser has no WebGPU'],
    ['plain http', undefined, false, 'Open it over https or on localhost'],
    ['no adapter', null, true, 'found no graphics card'],
    ['software alone', adapter('SwiftShader Device'), true, 'only in software'],
  ] as const)('G1: %s: the processor trains, and the reason is named', async (_, found, secure, reason) => {
    browser(found, secure);
    const hardware = await findHardware('auto');
    expect(hardware).toMatchObject({ device: 'wasm', gpu: null });
    expect(hardware.problem).toContain(reason);
    expect(hardware.problem).toContain('training runs on the processor');
  });

  test.each([
    [undefined, 'This browser has no WebGPU'],
    [null, 'found no graphics card'],
  ])('G1: asked for WebGPU where there is none (%s)', async (found, reason) => {
    browser(found);
    await expect(findHardware('webgpu')).rejects.toMatchObject({
      code: 'no-webgpu',
      message: expect.stringContaining(reason),
    });
  });

  test.each([
    [{ hardwareConcurrency: 8 }, true, 8, null],
    [{ hardwareConcurrency: 8 }, false, 1, 'one of 8 cores'],
    [{ hardwareConcurrency: 64 }, true, 16, null],
    [{ hardwareConcurrency: 1 }, false, 1, null],
    [{}, true, 1, null],
  ])('cores and isolation: %j, %s', async (navigator, isolated, threads, told) => {
    isolate(isolated);
    const found = adapter('Card');
    vi.stubGlobal('navigator', { ...navigator, gpu: { requestAdapter: async () => found } });
    const hardware = await findHardware('wasm');
    expect(hardware.threads).toBe(threads);
    if (told === null) expect(hardware.problem).toBeNull();
    else expect(hardware.problem).toContain(told);
  });

  test('a core is left to the page while the person looks at it, unless so many threads are asked for', () => {
    isolate(true);
    const on = (cores: number, away: boolean, asked: number | null = null) => {
      vi.stubGlobal('navigator', { hardwareConcurrency: cores });
      setAway(away);
      askThreads(asked);
      return activeThreads();
    };
    expect([on(8, false), on(8, true), on(2, false), on(1, false)]).toEqual([7, 8, 2, 1]);
    expect([on(8, false, 8), on(8, true, 3), on(2, false, 1)]).toEqual([8, 3, 1]);
    setAway(false);
    askThreads(null);
  });

  test('G1: a card without shader-f16 is used', async () => {
    browser(adapter('Old Card', ['timestamp-query']));
    expect(await findHardware('auto')).toMatchObject({
      device: 'webgpu',
      name: 'Old Card',
      gpu: { features: ['timestamp-query'] },
      problem: null,
    });
  });
});
