import { afterEach, expect, test, vi } from 'vitest';
import type { TokenizerFiles } from '../../../../src/weights/source.ts';
import { DataClient } from '../../../../src/worker/files/data-client.ts';

afterEach(() => vi.unstubAllGlobals());

/** A worker whose file does not come: the browser says so with an event that has no message. */
class Missing extends EventTarget {
  onerror: ((event: { preventDefault(): void }) => void) | null = null;
  static started = 0;
  constructor() {
    super();
    Missing.started++;
    setTimeout(() => this.onerror?.({ preventDefault: () => {} }), 1);
  }
  postMessage(): void {}
  terminate(): void {}
}

test('where its worker does not come, files are told to be unreadable, and whoever asks next tries again', async () => {
  vi.stubGlobal('Worker', Missing);
  const client = new DataClient();
  for (const attempt of [1, 2]) {
    await expect(client.openTokenizer({} as TokenizerFiles)).rejects.toMatchObject({
      code: 'data-worker',
      message: 'The worker that reads data could not start. Reload the page.',
    });
    expect(Missing.started).toBe(attempt);
  }
});
