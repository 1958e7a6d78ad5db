/**
 * Milliseconds that the page's own thread has worked so far, as Chromium counts them.
 * @param {import('playwright').Page} page
 * @returns {Promise<() => Promise<number>>}
 */
export async function mainThreadClock(page) {
  const session = await page.context().newCDPSession(page);
  // In ticks of the thread: what others do on the machine does not count.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
  };
}

/**
 * Bytes of heap and array buffers that all pages and workers of a browser hold, workers of workers too.
 * @param {import('playwright').Browser} browser
 * @param {{ collect: boolean }} options Whether garbage is collected before, or counts.
 */
export async function heapBytes(browser, { collect }) {
  const protocol = await browser.newBrowserCDPSession();
  const { targetInfos } = await protocol.send('Target.getTargets');
  let bytes = 0;
  for (const { targetId, type } of targetInfos) {
    if (type !== 'page' && type !== 'worker') continue;
    const { sessionId } = await protocol.send('Target.attachToTarget', { targetId, flatten: false });
    /** @type {Promise<{ usedSize: number, backingStorageSize: number }>} */
    const usage = new Promise((resolve, reject) => {
      protocol.on('Target.receivedMessageFromTarget', (event) => {
        if (event.sessionId !== sessionId) return;
        const { id, result, error } = JSON.parse(event.message);
        if (id === 2) error ? reject(new Error(`${type}: ${error.message}`)) : resolve(result);
      });
    });
    const ask = (/** @type {number} */ id, /** @type {string} */ method) =>
      protocol.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    if (collect) await ask(1, 'HeapProfiler.collectGarbage');
    await ask(2, 'Runtime.getHeapUsage');
    const { usedSize, backingStorageSize } = await usage;
    bytes += usedSize + backingStorageSize;
  }
  await protocol.detach();
  return bytes;
}
