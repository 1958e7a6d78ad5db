import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { scanLines } from '../../../../src/data/files/jsonl.ts';

setFlagsFromString('--expose-gc');
/** Leaves what is held, whatever the engine's collector would have waited for. */
const collectGarbage: () => void = runInNewContext('gc');

const GOOD = '{"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello!"}]}';

test('D1: a line of 200 MB is counted and not held', async () => {
  const part = new Uint8Array(1 << 20).fill(120);
  async function* chunks() {
    yield new TextEncoder().encode(`${GOOD}\n{"text": "`);
    for (let i = 0; i < 200; i++) yield part;
    yield new TextEncoder().encode(`"}\n${GOOD}\n`);
  }
  const lines: [number, boolean, number][] = [];
  const held = () => {
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = held();
  let most = 0;
  let told = 0;
  await scanLines(chunks(), ({ number, bytes, length }) => lines.push([number, bytes !== null, length]), {
    progress: () => {
      if (told++ % 20 === 0) most = Math.max(most, held() - before);
    },
  });
  expect(lines.map(([number, whole]) => [number, whole])).toEqual([
    [1, true],
    [2, false],
    [3, true],
  ]);
  expect(lines[1][2]).toBe(200 * (1 << 20) + 12);
  expect(told).toBeGreaterThan(100);
  expect(most).toBeLessThan(50e6);
});
