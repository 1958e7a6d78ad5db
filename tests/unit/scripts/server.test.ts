import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve } from '../../../scripts/server.mjs';

const files = new Map([
  ['/index.html', Buffer.from('<!doctype html>')],
  ['/assets/a-1234.js', Buffer.from('export {}')],
  ['/models/weights.safetensors', Buffer.from('0123456789')],
]);
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  server = await serve({ files, prefix: '/sub/path' });
});
afterAll(() => server.close());

describe('the static server', () => {
  test('serves the page under a sub-path, with types and headers', async () => {
    const page = await fetch(server.url);
    expect(await page.text()).toBe('<!doctype html>');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const script = await fetch(`${server.url}assets/a-1234.js`);
    expect(script.headers.get('content-type')).toContain('text/javascript');
    expect(script.headers.get('cache-control')).toContain('immutable');
  });

  test('answers byte ranges', async () => {
    const ask = (range: string) => fetch(`${server.url}models/weights.safetensors`, { headers: { range } });
    const middle = await ask('bytes=2-4');
    expect([middle.status, await middle.text(), middle.headers.get('content-range')]).toEqual([
      206,
      '234',
      'bytes 2-4/10',
    ]);
    const rest = await ask('bytes=7-');
    expect([rest.status, await rest.text()]).toEqual([206, '789']);
    expect((await ask('bytes=10-')).status).toBe(416);
  });

  test('is not ended by a request that names nothing', async () => {
    const { hostname, port } = new URL(server.origin);
    for (const path of ['/%', '//', '/sub/path/%ff']) {
      const status = await new Promise((resolve, reject) => {
        get({ hostname, port, path }, (response) => resolve(response.resume().statusCode)).on(
          'error',
          reject,
        );
      });
      expect(status, path).toBe(400);
    }
    expect((await fetch(server.url)).status).toBe(200);
  });

  test('a file that has not changed is not sent again', async () => {
    const first = await fetch(server.url);
    const again = await fetch(server.url, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
  });

  test('anything else is not found, outside the sub-path too', async () => {
    expect((await fetch(`${server.url}nothing.js`)).status).toBe(404);
    expect((await fetch(`${server.url}..%2f..%2fpackage.json`)).status).toBe(404);
    expect((await fetch(`${server.origin}/index.html`)).status).toBe(404);
  });

  test('a taken port is an error with its code', async () => {
    const port = Number(new URL(server.origin).port);
    await expect(serve({ files, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
