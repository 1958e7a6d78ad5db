/** Reads the files of tests that run in Node and in browsers: `url` is one beside the test, by `import.meta.url`. */
export async function readFixture(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return new Uint8Array(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** A JSON file, or one that is gzipped, which a server may have unpacked. */
export async function readJson<T = Record<string, unknown>>(url: URL): Promise<T> {
  const bytes = await readFixture(url);
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const stream = new Blob([bytes]).stream();
  return new Response(gzipped ? stream.pipeThrough(new DecompressionStream('gzip')) : stream).json();
}
