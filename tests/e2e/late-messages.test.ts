import { afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { named, waitForStatus } from './look.ts';

/** Messages between the page and its workers come late, and answers before what was said on the way to them. */

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

/** Milliseconds by which a message is late: of the worker itself, and of the ports that listeners hear. */
interface Late {
  calls: [least: number, most: number];
  news: [least: number, most: number];
}

/**
 * In the page and in each worker, every message is late; those of one port keep their order, as they do in a browser.
 * Runs before any other script.
 */
function delayMessages({ calls, news }: Late): void {
  let seed = 7;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  const wrapped = new WeakMap<object, EventListener>();
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    const scope = globalThis as { DedicatedWorkerGlobalScope?: new () => object };
    const { DedicatedWorkerGlobalScope: Scope } = scope;
    const isPort = this instanceof MessagePort;
    const isWorker =
      (typeof Worker !== 'undefined' && this instanceof Worker) || (Scope && this instanceof Scope);
    if (type !== 'message' || !listener || (!isPort && !isWorker)) {
      addEventListener.call(this, type, listener, options);
      return;
    }
    const [least, most] = isPort ? news : calls;
    let last = 0;
    const hear: EventListener = (event) => {
      const now = performance.now();
      last = Math.max(last, now + least + (most - least) * random());
      setTimeout(() => {
        if (typeof listener === 'function') listener.call(this, event);
        else listener.handleEvent(event);
      }, last - now);
    };
    wrapped.set(listener, hear);
    addEventListener.call(this, type, hear, options);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    const heard = listener && type === 'message' ? wrapped.get(listener) : undefined;
    removeEventListener.call(this, type, heard ?? listener, options);
  };
}

async function openLate(late: Late): Promise<OpenPage> {
  const script = `(${delayMessages})(${JSON.stringify(late)});\n`;
  let workers = 0;
  const opened = await openPage({
    gpu: false,
    hash: '#steps=3&eval-fraction=0',
    before: (context) => context.addInitScript({ content: script }),
    files: (built) =>
      new Map(
        [...built].map(([path, bytes]) => {
          if (!/\/assets\/(run|data)-worker-[\w-]+\.js$/.test(path)) return [path, bytes];
          workers++;
          return [path, Buffer.concat([Buffer.from(script), bytes])];
        }),
      ),
  });
  expect(workers).toBe(2);
  return opened;
}

const LATE: Record<string, Late> = {
  'news 300 ms later than answers': { calls: [0, 0], news: [300, 300] },
  'everything at any time': { calls: [0, 150], news: [0, 150] },
  ...(process.env.LOWRANK_TEST_ALL && {
    'answers later than news': { calls: [100, 100], news: [0, 0] },
    'news at any time': { calls: [0, 30], news: [0, 400] },
  }),
};

test.each(Object.entries(LATE))('%s: the page comes to rest, trains and ends', async (_, late) => {
  open = await openLate(late);
  const { page, complaints } = open;
  const train = page.getByRole('button', { name: 'Train', exact: true });
  const resting = async () => {
    await waitForStatus(page, 'Ready');
    await expect.poll(() => train.isEnabled()).toBe(true);
    // Nothing that is still on its way makes it work again.
    await page.waitForTimeout(1000);
    expect(await named(page, 'Status').textContent()).toMatch(/^Ready/);
    expect(await train.isEnabled()).toBe(true);
    expect(await page.getByRole('region', { name: 'Set-up' }).textContent()).not.toContain('Reading');
  };
  await resting();
  // Each request supersedes the one before it while that one still tells how far it is.
  await page.evaluate(async () => {
    for (const length of [200, 220, 240]) {
      location.hash = `#steps=3&eval-fraction=0&max-length=${length}`;
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
  });
  await resting();
  await train.click();
  await waitForStatus(page, 'Finished');
  expect(await named(page, 'Step').textContent()).toBe('3/3');
  await page.waitForTimeout(1000);
  expect(await named(page, 'Status').textContent()).toMatch(/^Finished/);
  expect(await train.isEnabled()).toBe(true);
  await page.getByRole('button', { name: 'Download adapter' }).first().click();
  await (await page.waitForEvent('download')).cancel();
  await expect
    .poll(() => page.getByRole('button', { name: 'Download adapter' }).first().isEnabled())
    .toBe(true);
  await page.getByRole('button', { name: 'New run' }).click();
  await resting();
  expect(complaints).toEqual([]);
});
