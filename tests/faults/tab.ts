import type { Browser } from 'playwright';

/**
 * A tab that Playwright does not hold: its own tabs are kept visible and focused whatever happens, and a visible tab
 * cannot be frozen.
 */
export interface Tab {
  send(method: string, params?: object): Promise<{ result?: { value?: unknown } }>;
  /** The value of an expression, awaited where it is a promise. */
  evaluate<T>(expression: string): Promise<T>;
  /** Brings another tab before it. */
  hide(): Promise<void>;
  show(): Promise<void>;
}

export async function openTab(browser: Browser, url: string): Promise<Tab> {
  const protocol = await browser.newBrowserCDPSession();
  const { browserContextId } = await protocol.send('Target.createBrowserContext');
  const { targetId } = await protocol.send('Target.createTarget', { url, browserContextId });
  const { sessionId } = await protocol.send('Target.attachToTarget', { targetId, flatten: false });
  const waiting = new Map<number, { resolve: (value: object) => void; reject: (error: Error) => void }>();
  protocol.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result, error } = JSON.parse(message);
    const one = waiting.get(id);
    waiting.delete(id);
    if (error) one?.reject(new Error(error.message));
    else one?.resolve(result);
  });
  let last = 0;
  const send: Tab['send'] = (method, params = {}) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      const message = JSON.stringify({ id, method, params });
      protocol.send('Target.sendMessageToTarget', { sessionId, message }).catch(reject);
    });
  const tab: Tab = {
    send,
    async evaluate<T>(expression: string) {
      const answer = (await send('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
      })) as {
        result: { value: T };
        exceptionDetails?: { exception?: { description?: string }; text: string };
      };
      const { exceptionDetails } = answer;
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return answer.result.value;
    },
    async hide() {
      const other = await protocol.send('Target.createTarget', { url: 'about:blank', browserContextId });
      await protocol.send('Target.activateTarget', { targetId: other.targetId });
    },
    async show() {
      await protocol.send('Target.activateTarget', { targetId });
    },
  };
  // Its document is there once the page has put its bridge in place; the blank one before it is complete, too.
  const there = `document.readyState === 'complete' && location.href === ${JSON.stringify(url)}`;
  for (let ready = false; !ready; ) ready = await tab.evaluate<boolean>(there).catch(() => false);
  return tab;
}
