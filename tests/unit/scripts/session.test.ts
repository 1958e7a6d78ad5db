import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Headless, openHeadless } from '../../../scripts/headless/browser.mjs';
import { withHeadless } from '../../../scripts/headless/session.mjs';

/** What a signal does to a command, on a clock of the test's own. */

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A page that is there, and counts how often it is closed. */
function page() {
  const closed = vi.fn(async () => {});
  let crash: (error: Error) => void = () => {};
  const headless = {
    close: closed,
    inbox: { failed: () => null },
    disconnected: new Promise((_, reject) => {
      crash = reject;
    }),
  } as unknown as Headless;
  const open = (async () => headless) as typeof openHeadless;
  return { closed, crash, options: { device: 'wasm' as const, onEvent: () => {}, say: () => {}, open } };
}

/** Work that ends when the test says so. */
function work() {
  let end: (value: string) => void = () => {};
  const done = new Promise<string>((resolve) => {
    end = resolve;
  });
  return { done, end: (value: string) => end(value) };
}

describe('a signal', () => {
  test('ends what cannot end itself at once, and the browser with it', async () => {
    const { closed, options } = page();
    const stop = new AbortController();
    const run = withHeadless({ ...options, signal: stop.signal }, () => work().done);
    await vi.advanceTimersByTimeAsync(1);
    stop.abort();
    await expect(run).rejects.toMatchObject({ status: 130, message: 'Interrupted: nothing was written.' });
    expect(closed).toHaveBeenCalledOnce();
  });

  test('gives a run that saves itself time for it, and its own end', async () => {
    const { closed, options } = page();
    const stop = new AbortController();
    const { done, end } = work();
    const run = withHeadless({ ...options, signal: stop.signal, onSignal: async () => true }, () => done);
    await vi.advanceTimersByTimeAsync(1);
    stop.abort();
    await vi.advanceTimersByTimeAsync(8000);
    expect(closed).not.toHaveBeenCalled();
    end('saved');
    expect(await run).toBe('saved');
    expect(closed).toHaveBeenCalledOnce();
  });

  test.each([
    ['does not save itself', async () => true],
    ['does not hear of it', () => new Promise<boolean>(() => {})],
  ])('ends a run that %s within ten seconds', async (_, onSignal) => {
    const { closed, options } = page();
    const stop = new AbortController();
    const run = withHeadless({ ...options, signal: stop.signal, onSignal }, () => work().done);
    run.catch(() => {});
    await vi.advanceTimersByTimeAsync(1);
    stop.abort();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(closed).toHaveBeenCalledOnce();
    await expect(run).rejects.toMatchObject({ status: 130 });
  });

  test('does not end what has only to be written down', async () => {
    const { options } = page();
    const stop = new AbortController();
    const { done, end } = work();
    const run = withHeadless(
      { ...options, signal: stop.signal, onSignal: async () => true },
      ({ finish }) => {
        finish();
        return done;
      },
    );
    await vi.advanceTimersByTimeAsync(1);
    stop.abort();
    await vi.advanceTimersByTimeAsync(60_000);
    end('written');
    expect(await run).toBe('written');
  });

  test('that came before the page was there ends the command', async () => {
    const { options } = page();
    const begun = vi.fn(() => work().done);
    await expect(withHeadless({ ...options, signal: AbortSignal.abort() }, begun)).rejects.toMatchObject({
      status: 130,
    });
  });
});

test('a browser that dies ends the command with what is known of it', async () => {
  const { closed, crash, options } = page();
  const run = withHeadless({ ...options, signal: new AbortController().signal }, () => work().done);
  run.catch(() => {});
  await vi.advanceTimersByTimeAsync(1);
  crash(new Error('The browser ended before the run.'));
  await expect(run).rejects.toThrow('The browser ended before the run.');
  expect(closed).toHaveBeenCalledOnce();
});
