import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../../scripts/paths.mjs';

/** A pipe is written whole before a command ends, however slow its reader is. */

/** What a script prints to a reader that begins late, and its status. */
async function read(code: string): Promise<{ bytes: number; status: number | null }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.pause();
  await new Promise((resolve) => setTimeout(resolve, 700));
  let bytes = 0;
  child.stdout.on('data', (part: Buffer) => {
    bytes += part.length;
  });
  child.stdout.resume();
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { bytes, status };
}

const IMPORT = "import { end } from './scripts/end.mjs';";

test('a million bytes come whole, with the status', async () => {
  expect(await read(`${IMPORT} console.log('x'.repeat(1e6)); await end(3);`)).toEqual({
    bytes: 1e6 + 1,
    status: 3,
  });
  expect(
    await read(`${IMPORT} process.exitCode = 4; process.stdout.write('y'.repeat(3e6)); await end();`),
  ).toEqual({
    bytes: 3e6,
    status: 4,
  });
});

test('a reader that is gone is not waited for', async () => {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `${IMPORT} console.log('x'.repeat(1e6)); await end(5);`],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  child.stdout.destroy();
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(5);
});

test.each(['lowrank', 'parity', 'faults', 'naga', 'shader-stats', 'test'])('%s ends so', (name) => {
  const lines = readFileSync(join(ROOT, `scripts/${name}.mjs`), 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines.at(-1)).toMatch(/^await end\(/);
});
