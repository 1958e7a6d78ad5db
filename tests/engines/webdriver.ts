import { until } from './tab.ts';

/** The commands of WebDriver (https://www.w3.org/TR/webdriver2/) that the visits need, as it takes them over HTTP. */

/** The field that an element's id goes by. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
export type FoundElement = { [ELEMENT]: string };

async function send<T>(method: 'GET' | 'POST', url: string, body: object = {}): Promise<T> {
  const answer = await fetch(url, {
    method,
    ...(method === 'POST' && {
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
    }),
  });
  const { value } = (await answer.json()) as { value: T & { error?: string; message?: string } };
  if (!answer.ok) throw new Error(`${method} ${url}: ${value.error}: ${value.message}`);
  return value;
}

export type Session = Awaited<ReturnType<typeof openSession>>;

/**
 * Starts a browser once its driver listens at `server`.
 * @param timeout ms that a script or the loading of a page may take
 */
export async function openSession(server: string, wanted: Record<string, unknown>, timeout: number) {
  const { sessionId, capabilities } = await until(`a driver at ${server}`, () =>
    send<{ sessionId: string; capabilities: Record<string, unknown> }>('POST', `${server}/session`, {
      capabilities: { alwaysMatch: { ...wanted, timeouts: { script: timeout, pageLoad: timeout } } },
    }),
  );
  const post = <T>(path: string, body?: object) =>
    send<T>('POST', `${server}/session/${sessionId}/${path}`, body);
  return {
    capabilities,
    goto: (url: string) => post<void>('url', { url }),
    reload: () => post<void>('refresh'),
    /** Runs the body of a function in the page. */
    run: <T>(script: string, ...args: unknown[]) => post<T>('execute/sync', { script, args }),
    /** The same for a function that gives its result to its last argument. */
    runUntilDone: <T>(script: string, ...args: unknown[]) => post<T>('execute/async', { script, args }),
    click: (element: FoundElement) => post<void>(`element/${element[ELEMENT]}/click`),
    /** Presses a key on whatever has the focus. */
    press: (value: string) =>
      post<void>('actions', {
        actions: [
          {
            type: 'key',
            id: 'keyboard',
            actions: [
              { type: 'keyDown', value },
              { type: 'keyUp', value },
            ],
          },
        ],
      }),
    resize: (width: number, height: number) => post<void>('window/rect', { x: 0, y: 0, width, height }),
    /** A picture of the page, as PNG. */
    screenshot: async () =>
      Buffer.from(await send<string>('GET', `${server}/session/${sessionId}/screenshot`), 'base64'),
  };
}
