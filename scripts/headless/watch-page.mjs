/**
 * What Chromium knows of a page: how long its own thread has worked, and how much heap it and its workers hold.
 * @param {import('playwright').Page} page Before it starts its workers.
 */
export async function watchPage(page) {
  const session = await page.context().newCDPSession(page);
  // In ticks of the thread: what others do on the machine does not count.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  /** @type {Set<string>} */
  const workers = new Set();
  /** @type {Map<number, (result: any) => void>} */
  const waiting = new Map();
  let asked = 0;
  session.on('Target.attachedToTarget', ({ sessionId }) => workers.add(sessionId));
  session.on('Target.detachedFromTarget', ({ sessionId }) => workers.delete(sessionId));
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message);
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  /** @returns {Promise<any>} */
  const askWorker = (/** @type {string} */ sessionId, /** @type {string} */ method) =>
    new Promise((resolve, reject) => {
      const id = ++asked;
      waiting.set(id, resolve);
      session
        .send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) })
        .catch(reject);
    });
  const held = (/** @type {any} */ usage) => usage.usedSize + usage.backingStorageSize;
  return {
    /** Used size and backing stores, after a forced collection unless `collect` is false: garbage counts then. */
    async heapBytes(collect = true) {
      if (collect) await session.send('HeapProfiler.collectGarbage');
      let bytes = held(await session.send('Runtime.getHeapUsage'));
      for (const worker of workers) {
        if (collect) await askWorker(worker, 'HeapProfiler.collectGarbage');
        bytes += held(await askWorker(worker, 'Runtime.getHeapUsage'));
      }
      return bytes;
    },
    async mainThreadMs() {
      const { metrics } = await session.send('Performance.getMetrics');
      return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
    },
  };
}
