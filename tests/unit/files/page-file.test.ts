import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { pageFile } from '../../../src/files/page-file.ts';
import { fetchBundled } from '../../../src/weights/bundled.ts';

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((done) => server!.listen(0, () => done()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** The line drops when half of the file is through. */
const cut: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': 10 });
  response.write('12345', () => setTimeout(() => response.destroy(), 20));
};

test('a file comes whole or not at all', async () => {
  const address = await serve((request, response) => {
    if (request.url === '/here') response.end('rows');
    else if (request.url === '/cut') cut(request, response);
    else response.writeHead(404).end('<html>');
  });
  expect(await (await pageFile(`${address}here`))?.text()).toBe('rows');
  expect(await pageFile(`${address}absent`)).toBeNull();
  expect(await pageFile(`${address}cut`)).toBeNull();
  expect(await pageFile('http://127.0.0.1:1/')).toBeNull();
});

test('a file of the bundled model that is cut is told by its name', async () => {
  await expect(fetchBundled(await serve(cut))).rejects.toMatchObject({
    code: 'bundled-missing',
    message: expect.stringContaining('could not be fetched'),
  });
});
