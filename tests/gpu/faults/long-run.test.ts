import { afterEach, expect, test } from 'vitest';
import { joinValues } from '../../../src/methods/parameters.ts';
import { injected } from '../../faults/injected.ts';
import { onDevice } from './devices.ts';
import { fixtureSession, kernelsOf, reference, shortRun, watch, wide } from './fixture-session.ts';

/** A long run with everything that may come between, beside one with nothing. */

const STEPS = 2000;
const LONG = { steps: STEPS, checkpointEvery: 50, learningRate: 1e-3 };

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

test(`L6: ${STEPS} steps with pauses, a lost device and a reload: every loss and the adapter as undisturbed, and no leak`, async (context) => {
  const whole = await reference(LONG, wide);
  expect(whole.losses.size).toBe(STEPS);
  let device!: GPUDevice;
  let live = 0;
  ends.push(
    onDevice((opened) => {
      device = opened;
      const { createBuffer } = opened;
      opened.createBuffer = (descriptor) => {
        const buffer = createBuffer.call(opened, descriptor);
        const { destroy } = buffer;
        live += descriptor.size;
        buffer.destroy = () => {
          live -= descriptor.size;
          buffer.destroy = destroy;
          return destroy.call(buffer);
        };
        return buffer;
      };
    }),
  );
  const sizes = new Map<number, number>();
  const losses = new Map<number, number>();

  const first = await fixtureSession(undefined, wide);
  const before = watch((event) => {
    if (event.type !== 'step') return;
    losses.set(event.step, event.loss);
    if (event.step === 333) {
      injected(context);
      first.runs.pause();
      setTimeout(() => first.runs.resume(), 300);
    }
    if (event.step === 777 && first.host.losses === 0) {
      injected(context);
      device.destroy();
    }
    // As a page that is closed: what comes of it after this is never heard.
    if (event.step === 1234) {
      injected(context);
      first.runs.stop();
    }
  });
  await first.runs.train(shortRun(LONG, { kernels: await kernelsOf(wide) }), before.listener, before.save);
  await first.host.dispose();

  const { file, step } = before.seen.checkpoints.filter((saved) => saved.step <= 1200).at(-1)!;
  expect(step).toBe(1200);
  const second = await fixtureSession(undefined, wide);
  let steps = 0;
  const after = watch((event) => {
    if (event.type !== 'step') return;
    steps++;
    losses.set(event.step, event.loss);
    if (event.step % 100 === 0) sizes.set(event.step, live);
    if (event.step === 1700) {
      injected(context);
      second.runs.pause();
      setTimeout(() => second.runs.resume(), 300);
    }
  });
  await second.runs.train(
    shortRun(LONG, { resume: { name: 'step-001200', bytes: file } }),
    after.listener,
    after.save,
  );
  expect(steps).toBe(STEPS - 1200);
  expect(losses.size).toBe(STEPS);
  const apart = [...whole.losses].find(([step, loss]) => losses.get(step) !== loss);
  expect(apart, 'the first step with another loss').toBeUndefined();
  expect(joinValues(second.shelf.whole('run-1').weights)).toEqual(whole.adapter);
  expect(sizes.get(STEPS - 100)).toBe(sizes.get(1300));
  await second.host.dispose();
});
