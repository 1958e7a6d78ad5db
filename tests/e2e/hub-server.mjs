import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {import('node:net').AddressInfo} AddressInfo */

/**
 * Answers as the Hugging Face hub does: a listing with sizes and SHA-256, files by a redirect to another host that
 * serves them with ranges and ETags, cross-origin headers on everything.
 *
 * @typedef {object} HubServer
 * @property {string} endpoint
 * @property {{ name: string, range: string | null, bytes: number, authorization: string | null }[]} asked What was
 *   asked for, in order.
 * @property {(name: string, ...bytes: number[]) => void} cut Ends the next answers of this file after so many bytes
 *   each, as a line that drops does.
 * @property {(status: number | null) => void} refuse Answers every question with this status from now on; null:
 *   normally.
 * @property {() => Promise<void>} close
 */

const SHA = '0123456789abcdef0123456789abcdef01234567';

/**
 * @param {string} id
 * @param {Record<string, Uint8Array>} files
 * @returns {Promise<HubServer>}
 */
export async function hubServer(id, files) {
  /** @type {HubServer['asked']} */
  const asked = [];
  /** @type {Map<string, number[]>} */
  const cuts = new Map();
  /** @type {number | null} */
  let refusal = null;
  const hash = (/** @type {Uint8Array} */ bytes) => createHash('sha256').update(bytes).digest('hex');
  const cors = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': 'ETag, Content-Range, Accept-Ranges, X-Linked-Size, X-Linked-ETag',
  };

  const list = (/** @type {ServerResponse} */ response) => {
    const siblings = Object.entries(files).map(([rfilename, bytes]) => ({
      rfilename,
      size: bytes.length,
      ...(rfilename.endsWith('.safetensors') ? { lfs: { sha256: hash(bytes), size: bytes.length } } : {}),
    }));
    response.writeHead(200, { ...cors, 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ id, sha: SHA, siblings, cardData: { license: 'apache-2.0' } }));
  };

  /**
   * @param {string} name
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  const send = (name, request, response) => {
    const bytes = files[name];
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const begin = range ? Number(range[1]) : 0;
    const end = range?.[2] ? Number(range[2]) + 1 : bytes.length;
    const { range: asks = null, authorization = null } = request.headers;
    const entry = { name, range: asks, bytes: 0, authorization };
    asked.push(entry);
    if (begin >= bytes.length) {
      response.writeHead(416, { ...cors, 'Content-Range': `bytes */${bytes.length}` }).end();
      return;
    }
    response.writeHead(range ? 206 : 200, {
      ...cors,
      ETag: `"${hash(bytes)}"`,
      'Accept-Ranges': 'bytes',
      'Content-Length': end - begin,
      ...(range ? { 'Content-Range': `bytes ${begin}-${end - 1}/${bytes.length}` } : {}),
    });
    const length = Math.min(cuts.get(name)?.shift() ?? Number.POSITIVE_INFINITY, end - begin);
    entry.bytes = length;
    if (length === end - begin) response.end(bytes.subarray(begin, end));
    // The line drops only once its bytes are through, and a browser loses what it has not read by then: on any machine
    // it has read something after so long.
    else
      response.write(bytes.subarray(begin, begin + length), () =>
        setTimeout(() => response.destroy(), length > 0 ? 2000 : 0),
      );
  };

  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://hub').pathname);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { ...cors, 'Access-Control-Allow-Headers': 'Authorization, Range' }).end();
    } else if (refusal !== null) {
      response.writeHead(refusal, cors).end();
    } else if (path.startsWith(`/api/models/${id}/revision/`)) {
      list(response);
    } else if (path.startsWith(`/${id}/resolve/${SHA}/`) && files[name]) {
      // Large files lie elsewhere; the page reaches no other host than the mirror and the hub's own.
      const at = name.endsWith('.safetensors') ? `/cdn/${name}?signature=x` : `/raw/${name}`;
      response
        .writeHead(302, {
          ...cors,
          Location: at,
          'X-Repo-Commit': SHA,
          'X-Linked-Size': files[name].length,
          'X-Linked-ETag': `"${hash(files[name])}"`,
        })
        .end();
    } else if (/^\/(cdn|raw)\//.test(path) && files[name]) {
      send(name, request, response);
    } else {
      response.writeHead(404, { ...cors, 'X-Error-Code': 'RepoNotFound' }).end();
    }
  });
  await new Promise((resolve) => server.listen(0, () => resolve(undefined)));
  return {
    endpoint: `http://127.0.0.1:${/** @type {AddressInfo} */ (server.address()).port}`,
    asked,
    cut: (name, ...bytes) => void cuts.set(name, bytes),
    refuse: (status) => {
      refusal = status;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
