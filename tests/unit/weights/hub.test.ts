import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { memoryCache } from '../../../src/weights/download-cache.ts';
import { openHub } from '../../../src/weights/hub.ts';
import { readFloats } from '../../../src/weights/load.ts';
import { float32Bytes, writeSafetensors } from '../../../src/weights/safetensors.ts';

const SHA = 'a'.repeat(40);
const weights = writeSafetensors([
  {
    name: 'model.norm.weight',
    dtype: 'F32',
    shape: [50_000],
    data: float32Bytes(new Float32Array(50_000).fill(2)),
  },
]);
const files: Record<string, Uint8Array> = {
  'config.json': new TextEncoder().encode('{"model_type":"llama"}'),
  'tokenizer.json': new TextEncoder().encode('{}'),
  'model.safetensors': weights,
};
/** Git's id of a file. */
const gitId = (bytes: Uint8Array) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
type Fault = (request: IncomingMessage, response: ServerResponse, name: string) => boolean;

/** Answers as the hub does: a listing, and files by a redirect to another host with ranges. */
let server: Server;
let endpoint: string;
let asked: { path: string; range?: string; authorization?: string }[];
let fault: Fault;

beforeEach(async () => {
  asked = [];
  fault = () => false;
  server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.split('?')[0]);
    asked.push({ path, range: request.headers.range, authorization: request.headers.authorization });
    const name = path.split('/').at(-1)!;
    if (fault(request, response, name)) return;
    if (path.startsWith('/api/models/org/model/revision/')) {
      const siblings = Object.entries(files).map(([rfilename, bytes]) => ({
        rfilename,
        size: bytes.length,
        ...(rfilename.endsWith('.safetensors')
          ? { lfs: { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length } }
          : { blobId: gitId(bytes) }),
      }));
      response.end(JSON.stringify({ sha: SHA, siblings, cardData: { license: 'mit' } }));
    } else if (path.startsWith(`/org/model/resolve/${SHA}/`)) {
      // Another host by name: 127.0.0.1 against localhost.
      response
        .writeHead(302, {
          location: `http://localhost:${(server.address() as AddressInfo).port}/cdn/${name}`,
        })
        .end();
    } else if (path.startsWith('/cdn/') && files[name]) {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const headers = request.headers.range
        ? { 'content-range': `bytes ${from}-${files[name].length - 1}/${files[name].length}` }
        : {};
      response.writeHead(request.headers.range ? 206 : 200, headers).end(files[name].subarray(from));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, () => done()));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(
  () =>
    new Promise<void>((done) => {
      vi.restoreAllMocks();
      server.closeAllConnections();
      server.close(() => done());
    }),
);

/** How far each file has come on the other side. */
const arrived = new EventTarget();
const open = (cache = memoryCache(), more: object = {}) =>
  openHub(
    { id: 'org/model', endpoint, ...more },
    (name, done) => arrived.dispatchEvent(new Event(`${name} ${done}`)),
    cache,
  );
/** A line that drops once so many bytes of the weights are through: what is under way when it drops is lost. */
function cutAt(response: ServerResponse, bytes: number): void {
  arrived.addEventListener(`model.safetensors ${bytes}`, () => response.destroy(), { once: true });
  response.write(weights.subarray(0, bytes));
}
const { fetch: realFetch } = globalThis;
/** Only the beginning of a file's answer comes, and `then` is called when it is there. @returns what drops the line */
function onceBegun(wanted: string, then: () => void): () => void {
  let dropped = () => {};
  fault = (_, response, name) => {
    if (name !== wanted || response.req.url!.startsWith('/org/')) return false;
    response.writeHead(200, { 'content-length': 1000 }).write('{');
    dropped = () => response.destroy();
    return true;
  };
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (address, options) => {
    const answer = await realFetch(address, options);
    if (String(address).split('?')[0].endsWith(`/${wanted}`)) then();
    return answer;
  });
  return () => dropped();
}
const of = (name: string) => asked.filter(({ path }) => path === `/cdn/${name}`);

test('a model opens, and the second time nothing is fetched but the listing', async () => {
  const cache = memoryCache();
  const source = await open(cache);
  expect(source).toMatchObject({ kind: 'hub', id: 'org/model', revision: SHA, licence: 'mit' });
  expect((await readFloats(source, 'model.norm.weight'))[49_999]).toBe(2);
  asked = [];
  await open(cache);
  expect(asked.map(({ path }) => path)).toEqual(['/api/models/org/model/revision/main']);
});

test('a model that is here opens without a network, and no other revision of it', async () => {
  const cache = memoryCache();
  await open(cache);
  const gone = (more: object = {}) => {
    fault = (_, response) => {
      response.destroy();
      return true;
    };
    return open(cache, more);
  };
  expect((await readFloats(await gone(), 'model.norm.weight'))[49_999]).toBe(2);
  expect((await gone({ revision: SHA })).revision).toBe(SHA);
  await expect(gone({ revision: 'v2' })).rejects.toMatchObject({ code: 'hub-unreachable' });
  await expect(gone({ id: 'org/other' })).rejects.toMatchObject({ code: 'hub-unreachable' });
});

test('the token goes to the hub and not to where it redirects, nor into the cache', async () => {
  const cache = memoryCache();
  await open(cache, { token: 'hf_secret' });
  expect(
    asked
      .filter(({ path }) => !path.startsWith('/cdn/'))
      .every(({ authorization }) => authorization === 'Bearer hf_secret'),
  ).toBe(true);
  expect(
    asked.filter(({ path }) => path.startsWith('/cdn/')).some(({ authorization }) => authorization),
  ).toBe(false);
  expect(JSON.stringify(await cache.list())).not.toContain('hf_secret');
});

describe('N1: downloads that go wrong', () => {
  test.each([1, 1000, 150_000])('cut at byte %i: only the rest is fetched again', async (cut) => {
    let cuts = 0;
    fault = (request, response, name) => {
      if (name !== 'model.safetensors' || !request.url!.startsWith('/cdn/') || cuts++ > 0) return false;
      response.writeHead(200, { 'content-length': weights.length });
      cutAt(response, cut);
      return true;
    };
    expect((await readFloats(await open(), 'model.norm.weight'))[0]).toBe(2);
    expect(of('model.safetensors').map(({ range }) => range)).toEqual([undefined, `bytes=${cut}-`]);
  });
  test('paused halfway: what has arrived is kept, and the rest is fetched later', async () => {
    const pause = new AbortController();
    const cache = memoryCache();
    fault = (request, response, name) => {
      if (name !== 'model.safetensors' || !request.url!.startsWith('/cdn/') || pause.signal.aborted)
        return false;
      response.writeHead(200, { 'content-length': weights.length }).write(weights.subarray(0, 70_000));
      return true;
    };
    const paused = openHub(
      { id: 'org/model', endpoint },
      (name, done) => {
        if (name === 'model.safetensors' && done >= 70_000) pause.abort();
      },
      cache,
      pause.signal,
    );
    await expect(paused).rejects.toMatchObject({ code: 'hub-paused' });
    expect((await readFloats(await open(cache), 'model.norm.weight'))[49_999]).toBe(2);
    expect(of('model.safetensors').map(({ range }) => range)).toEqual([undefined, 'bytes=70000-']);
  });
  // The listing is asked for by its revision.
  const everyAnswer = ['main', ...Object.keys(files)];
  test.each(everyAnswer)('paused when the answer for %s has begun: it is paused', async (name) => {
    const pause = new AbortController();
    onceBegun(name, () => pause.abort());
    const paused = openHub({ id: 'org/model', endpoint }, undefined, memoryCache(), pause.signal);
    await expect(paused).rejects.toMatchObject({ code: 'hub-paused' });
  });
  test('a line that drops in the middle of the listing is a hub that is not reached', async () => {
    const cache = memoryCache();
    const drop = onceBegun('main', () => drop());
    await expect(open(cache)).rejects.toMatchObject({ code: 'hub-unreachable' });
    fault = () => false;
    await open(cache);
    const dropAgain = onceBegun('main', () => dropAgain());
    expect((await readFloats(await open(cache), 'model.norm.weight'))[0]).toBe(2);
  });
  test('a whole file for a range starts afresh', async () => {
    let asks = 0;
    fault = (request, response, name) => {
      if (name !== 'model.safetensors' || !request.url!.startsWith('/cdn/')) return false;
      if (asks++ === 0) cutAt(response.writeHead(200, { 'content-length': weights.length }), 500);
      else response.writeHead(200).end(weights);
      return true;
    };
    expect((await readFloats(await open(), 'model.norm.weight'))[0]).toBe(2);
  });
  test('a file that changes under its name between two parts is never put together', async () => {
    const other = weights.map((byte, i) => (i >= 1000 ? byte ^ 1 : byte));
    let asks = 0;
    fault = (request, response, name) => {
      if (name !== 'model.safetensors' || !request.url!.startsWith('/cdn/')) return false;
      if (asks++ === 0)
        cutAt(response.writeHead(200, { 'content-length': weights.length, etag: '"one"' }), 1000);
      else {
        const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
        response
          .writeHead(from > 0 ? 206 : 200, {
            etag: '"two"',
            ...(from > 0 ? { 'content-range': `bytes ${from}-${other.length - 1}/${other.length}` } : {}),
          })
          .end(other.subarray(from));
      }
      return true;
    };
    const cache = memoryCache();
    await expect(open(cache)).rejects.toMatchObject({ code: 'hub-hash-mismatch' });
    fault = () => false;
    expect((await readFloats(await open(cache), 'model.norm.weight'))[0]).toBe(2);
  });
  test.each([
    ['zeros of the right length', new Uint8Array(weights.length)],
    ['one changed bit', weights.map((byte, i) => (i === 100_000 ? byte ^ 1 : byte))],
    ['a byte too many', new Uint8Array([...weights, 0])],
  ])('%s: thrown away by its hash', async (_what, bytes) => {
    fault = (request, response, name) => {
      if (name !== 'model.safetensors' || !request.url!.startsWith('/cdn/')) return false;
      response.end(bytes);
      return true;
    };
    const cache = memoryCache();
    await expect(open(cache)).rejects.toMatchObject({
      code: 'hub-hash-mismatch',
      message: expect.stringContaining('model.safetensors'),
    });
    fault = () => false;
    expect((await readFloats(await open(cache), 'model.norm.weight'))[0]).toBe(2);
  });
  test('a small file that lies in git: thrown away by its object id', async () => {
    fault = (request, response, name) => {
      if (name !== 'config.json' || !request.url!.startsWith('/cdn/')) return false;
      response.end('{"model_type":"llamb"}');
      return true;
    };
    const cache = memoryCache();
    await expect(open(cache)).rejects.toMatchObject({
      code: 'hub-hash-mismatch',
      message: expect.stringContaining('config.json'),
    });
    fault = () => false;
    await open(cache);
  });
  test('a web page instead of the file', async () => {
    fault = (request, response) => {
      if (!request.url!.startsWith('/cdn/')) return false;
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>sign in</html>');
      return true;
    };
    await expect(open()).rejects.toMatchObject({ code: 'hub-bad-answer' });
  });
});

describe('N2: the hub says no', () => {
  test.each([
    [401, 'hub-gated'],
    [403, 'hub-gated'],
    [404, 'hub-missing'],
    [429, 'hub-busy'],
    [503, 'hub-busy'],
  ])('%i', async (status, code) => {
    fault = (_request, response) => {
      response.writeHead(status).end('{}');
      return true;
    };
    const error = await open(undefined, { token: 'hf_secret' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'UserError', code });
    expect((error as Error).message).not.toContain('hf_secret');
  });
  test('no server, a wrong name, an odd answer', async () => {
    await expect(
      openHub({ id: 'org/model', endpoint: 'http://127.0.0.1:1' }, undefined, memoryCache()),
    ).rejects.toMatchObject({ code: 'hub-unreachable' });
    for (const id of ['model', 'https://example.com/x', '../model', 'a/..'])
      await expect(open(undefined, { id })).rejects.toMatchObject({ code: 'bad-hub-id' });
    fault = (_request, response) => {
      response.end('<html>');
      return true;
    };
    await expect(open()).rejects.toMatchObject({ code: 'hub-bad-answer' });
  });
});
