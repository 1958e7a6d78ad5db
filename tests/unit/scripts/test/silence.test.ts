import { expect, test } from 'vitest';
import { runNode } from '../../../../scripts/test/run-node.mjs';
import { onSilence } from '../../../../scripts/test/silence.mjs';

/** A clock that stands still until it is told to go on. */
function stillClock() {
  let now = 0;
  let next = 0;
  const due = new Map<number, { at: number; call: () => void }>();
  return {
    pending: () => due.size,
    set(call: () => void, ms: number) {
      due.set(++next, { at: now + ms, call });
      return next;
    },
    clear(timer: unknown) {
      due.delete(timer as number);
    },
    pass(ms: number) {
      now += ms;
      for (const [timer, { at, call }] of [...due]) if (at <= now && due.delete(timer)) call();
    },
  };
}

test('a program that gives a sign of life now and then may take as long as it likes', () => {
  const clock = stillClock();
  let ended = 0;
  const life = onSilence(100, () => ended++, clock);
  for (let i = 0; i < 1000; i++) {
    clock.pass(99);
    life.heard();
  }
  expect(ended).toBe(0);
  clock.pass(100);
  expect(ended).toBe(1);
  // It is ended once, and what it says while it ends changes nothing.
  life.heard();
  clock.pass(1000);
  expect([ended, clock.pending()]).toEqual([1, 0]);
});

test('one that has ended is not waited for', () => {
  const clock = stillClock();
  let ended = 0;
  const life = onSilence(100, () => ended++, clock);
  life.stop();
  life.heard();
  clock.pass(1000);
  expect([ended, clock.pending()]).toEqual([0, 0]);
});

const HOUR = 3_600_000;

test('lines come whole and in order, each as it is written, and the last without its end', async () => {
  const lines: string[] = [];
  const code = `process.stdout.write('one\\ntw'); setTimeout(() => process.stdout.write('o\\n\\nlast'), 50);`;
  const { status, output, silent } = await runNode(['-e', code], {
    silence: HOUR,
    onLine: (line) => lines.push(line),
  });
  expect({ status, output, silent }).toEqual({ status: 0, output: 'one\ntwo\n\nlast', silent: false });
  expect(lines).toEqual(['one', 'two', '', 'last']);
});

test('a program that hangs is ended and has failed, also one that talks on but sends no message', async () => {
  const mute = await runNode(['-e', 'setInterval(() => {}, 1000)'], { silence: 50 });
  expect(mute).toMatchObject({ status: 1, silent: true });
  const talk = await runNode(['-e', "setInterval(() => console.log('still here'), 5)"], {
    silence: 50,
    onMessage: () => {},
  });
  expect(talk).toMatchObject({ status: 1, silent: true });
});

test('messages arrive as they are sent', async () => {
  const messages: unknown[] = [];
  const { status } = await runNode(
    ['-e', "process.send({ type: 'file begins', file: 'ü' }, () => process.exit(3))"],
    {
      silence: HOUR,
      onMessage: (message) => messages.push(message),
    },
  );
  expect(status).toBe(3);
  expect(messages).toEqual([{ type: 'file begins', file: 'ü' }]);
});
