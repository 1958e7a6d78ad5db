import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';
import { hubServer } from './hub-server.mjs';

/** The bundled model as a repository on a hub: fetched once, resumed after a cut, kept between commands. */

const ID = 'some-org/Tiny-Model';
const TINY = projectFile('public/models/tiny');
const folder = temporaryFolder();
const files = Object.fromEntries(
  readdirSync(TINY).map((name) => [name, new Uint8Array(readFileSync(join(TINY, name)))]),
);
const weights = files['model.safetensors'];
let hub: Awaited<ReturnType<typeof hubServer>>;

beforeAll(async () => {
  hub = await hubServer(ID, files);
});
afterAll(async () => {
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

const answer = (cache: string, ...more: string[]) =>
  lowrank(
    ['generate', '--device', 'wasm', '--prompt', 'What is a cup?', '--max-tokens', '8', '--json', ...more],
    { env: { XDG_CACHE_HOME: join(folder, cache), HF_TOKEN: 'hf_secret' } },
  );
const fromHub = (cache: string) => answer(cache, '--model', ID, '--hub', hub.endpoint);
const fetched = (name: string) => hub.asked.filter((one) => one.name === name);

describe('a model from the hub', () => {
  test('answers as the same model in a folder does, and goes on where the line dropped', async () => {
    hub.cut('model.safetensors', 3_000_000, 2_000_000);
    const result = await fromHub('cut');
    expect(result.status, result.stderr).toBe(0);
    const parts = fetched('model.safetensors');
    expect(parts).toHaveLength(3);
    expect(parts[0].range).toBeNull();
    const begins = parts.slice(1).map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]));
    expect(begins[0]).toBeGreaterThan(0);
    expect(begins[0]).toBeLessThanOrEqual(3_000_000);
    expect(begins[1]).toBeGreaterThan(begins[0]);
    expect(begins[1] + parts[2].bytes).toBe(weights.length);
    const { text, output_ids } = JSON.parse(result.stdout);
    expect(JSON.parse((await answer('folder', '--model', TINY)).stdout)).toMatchObject({ text, output_ids });
  });

  test('is not fetched again by the next command', async () => {
    const before = hub.asked.length;
    const result = await fromHub('cut');
    expect(result.status, result.stderr).toBe(0);
    expect(hub.asked.slice(before)).toEqual([]);
  });

  test('a download that was cut for good is gone on with by the next command', async () => {
    hub.cut('model.safetensors', 4_000_000, 0, 0);
    const cut = await fromHub('later');
    expect(cut.status, cut.stderr).toBe(1);
    expect(cut.lastLine).toMatch(/model\.safetensors was interrupted.*only the rest is fetched/);
    const before = fetched('model.safetensors').length;
    const result = await fromHub('later');
    expect(result.status, result.stderr).toBe(0);
    const [rest, ...more] = fetched('model.safetensors').slice(before);
    expect(more).toEqual([]);
    expect(rest.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(rest.bytes).toBeLessThan(weights.length);
  });

  test('a mirror never sees the token', () => {
    expect(hub.asked.length).toBeGreaterThan(0);
    for (const { authorization } of hub.asked) expect(authorization).toBeNull();
  });

  test.each([
    [401, 2, /private or gated, or the name is misspelt/],
    [403, 2, /is gated and access was refused/],
    [404, 2, /There is no some-org\/Tiny-Model on the hub/],
    [429, 1, /Wait a few minutes/],
  ])('status %i ends with %i and says what to do', async (status, exit, sentence) => {
    hub.refuse(status);
    const result = await fromHub(`refused-${status}`);
    hub.refuse(null);
    expect(result.status, result.stderr).toBe(exit);
    expect(result.lastLine).toMatch(sentence);
  });
});
