import { expect, test } from 'vitest';
import { UserError } from '../../../../src/errors.ts';
import { guarded } from '../../../../src/worker/api/errors.ts';

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A listener on the other side of a slow port: it takes what it is told 30 ms later, in order. */
function slowListener() {
  const taken: number[] = [];
  return { taken, listener: (value: number) => later(30).then(() => void taken.push(value)) };
}

test('the answer waits until its listener has taken all that it was told', async () => {
  const { taken, listener } = slowListener();
  const work = guarded((tell: (value: number) => void) => {
    for (let i = 0; i < 3; i++) tell(i);
    return 'done';
  });
  expect(await work(listener)).toBe('done');
  expect(taken).toEqual([0, 1, 2]);
});

test('a failure waits as well, and keeps its code', async () => {
  const { taken, listener } = slowListener();
  const work = guarded((tell: (value: number) => void) => {
    tell(1);
    throw new UserError('no-rows', 'There are no rows.');
  });
  await expect(work(listener)).rejects.toThrow('no-rows: There are no rows.');
  expect(taken).toEqual([1]);
});

test('after the answer a listener is told nothing', async () => {
  const { taken, listener } = slowListener();
  const kept: { tell?: (value: number) => void } = {};
  await guarded((tell: (value: number) => void) => {
    kept.tell = tell;
  })(listener);
  kept.tell?.(1);
  await later(60);
  expect(taken).toEqual([]);
});

test('a listener that fails keeps nobody waiting, and what it answers reaches the work', async () => {
  const refuse = async (_: number): Promise<void> => {
    throw new Error('the page is gone');
  };
  expect(await guarded((tell: (value: number) => void) => void tell(1))(refuse)).toBeUndefined();
  const ask = guarded(async (save: (value: number) => Promise<number>) => (await save(2)) + 1);
  expect(await ask(async (value) => 10 * value)).toBe(21);
});
