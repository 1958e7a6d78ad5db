import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkpointFolder } from '../../../scripts/headless/checkpoints.mjs';
import { injected } from '../../faults/injected.ts';

/** Checkpoints of the commands, whose process is killed while it writes them. */

const KILLS = process.env.LOWRANK_TEST_ALL ? 200 : 12;
const WRITER = fileURLToPath(new URL('write-checkpoints.mjs', import.meta.url));

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'lowrank-checkpoints-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

/** Writes on after a step; killed a random while after its first word. @returns the last step it named */
function killedWriter(after: number): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [WRITER, out, String(after)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (part) => {
      if (said === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * 40);
      said += part;
    });
    // The last line may be cut: then its step was not yet known to be kept.
    child.on('close', () => resolve(Number(said.split('\n').at(-2))));
  });
}

test(`L2: killed ${KILLS} times in the middle of writing: what was kept is whole`, async (context) => {
  let half = 0;
  let step = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    injected(context);
    const kept = await killedWriter(step);
    half += readdirSync(join(out, 'checkpoints')).filter((name) => name.endsWith('.tmp')).length;
    const found = await checkpointFolder(out).newest();
    expect(found?.step).toBeGreaterThanOrEqual(kept);
    step = found!.step;
    checkpointFolder(out).sweep();
    const names = readdirSync(join(out, 'checkpoints'));
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(names.length).toBeLessThanOrEqual(3);
  }
  if (KILLS >= 100) expect(half).toBeGreaterThan(0);
});

test('files of others are left alone', async () => {
  mkdirSync(join(out, 'checkpoints'));
  const ours = ['.123.tmp', 'adapter_model.safetensors.9.tmp', 'checkpoints/step-000003.safetensors.42.tmp'];
  const theirs = ['mine.tmp', 'notes.7.tmp', 'checkpoints/step.tmp'];
  for (const name of [...ours, ...theirs]) writeFileSync(join(out, name), 'x');
  checkpointFolder(out).sweep();
  for (const name of ours) expect(existsSync(join(out, name)), name).toBe(false);
  for (const name of theirs) expect(existsSync(join(out, name)), name).toBe(true);
});

test('a folder of others keeps its own files, and goes only when it is empty', () => {
  const folder = checkpointFolder(out);
  folder.write(3, new Uint8Array(8));
  writeFileSync(join(out, 'checkpoints', 'my-model.bin'), 'x');
  folder.clear();
  expect(readdirSync(join(out, 'checkpoints'))).toEqual(['my-model.bin']);
  rmSync(join(out, 'checkpoints', 'my-model.bin'));
  folder.clear();
  expect(existsSync(join(out, 'checkpoints'))).toBe(false);
});

test('the newest two are kept by number, and always the one just written', () => {
  const folder = checkpointFolder(out);
  for (const step of [999_950, 999_975, 1_000_000, 1_000_025]) folder.write(step, new Uint8Array(8));
  const names = () => readdirSync(join(out, 'checkpoints')).sort();
  expect(names()).toEqual(['step-1000000.safetensors', 'step-1000025.safetensors']);
  folder.write(2, new Uint8Array(8));
  expect(names()).toContain('step-000002.safetensors');
});

test('looking for the newest deletes nothing, and a folder of that name is passed over', async () => {
  const folder = checkpointFolder(out);
  folder.write(3, new Uint8Array(8));
  mkdirSync(join(out, 'checkpoints', 'step-000009.safetensors'));
  expect(await folder.newest()).toBeNull();
  expect(readdirSync(join(out, 'checkpoints'))).toHaveLength(2);
});

test('L2: a newest one that is damaged gives way to the one before', async () => {
  const kept = await killedWriter(await killedWriter(0));
  const folder = checkpointFolder(out);
  folder.sweep();
  const newest = (await folder.newest())!;
  expect(newest.step).toBeGreaterThanOrEqual(kept);
  truncateSync(newest.path, 1000);
  expect((await folder.newest())?.step).toBe(newest.step - 1);
  mkdirSync(join(out, 'checkpoints'), { recursive: true });
  writeFileSync(join(out, 'checkpoints', 'step-999999.safetensors'), '');
  expect((await folder.newest())?.step).toBe(newest.step - 1);
});
