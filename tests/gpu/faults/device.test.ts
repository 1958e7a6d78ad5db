import { afterEach, describe, expect, test } from 'vitest';
import { joinValues } from '../../../src/methods/parameters.ts';
import { injected } from '../../faults/injected.ts';
import { onDevice, onKernel } from './devices.ts';
import { fixtureSession, kernelsOf, reference, shortRun, watch } from './fixture-session.ts';

/** Runs on a real device that has no room for them, is taken away from them, or falls silent. */

/** A device that compiles may take its time. */
const NEVER = 3_600_000;

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** No room for the k-th buffer of every device: what is made in its place is of no use, and the scope says so. */
function fullAt(k: number): { made: () => number; destroyed: () => boolean } {
  let made = 0;
  let destroyed = false;
  ends.push(
    onDevice((device) => {
      const { createBuffer, popErrorScope } = GPUDevice.prototype;
      let full = false;
      device.createBuffer = (descriptor) => {
        const buffer = createBuffer.call(device, descriptor);
        if (++made === k) {
          full = true;
          buffer.destroy();
        }
        return buffer;
      };
      device.popErrorScope = async () => {
        const error = await popErrorScope.call(device);
        return full ? new GPUOutOfMemoryError('test') : error;
      };
      void device.lost.then(() => {
        destroyed = true;
      });
    }),
  );
  return { made: () => made, destroyed: () => destroyed };
}

describe('G2: no memory on the device', () => {
  // The first ones are the base's, the last ones those of the step.
  test.each([1, 2, 12, 30, 45])(
    'G2: for the %i-th buffer: all is freed, and a way out is named',
    async (k) => {
      const { runs, host } = await fixtureSession();
      const device = fullAt(k);
      const { seen, listener } = watch();
      await expect(runs.train(shortRun({}, { kernels: await kernelsOf() }), listener)).rejects.toMatchObject({
        code: 'out-of-memory',
        message: expect.stringMatching(/needs about \d+ MB.*smaller batch or shorter rows/),
      });
      expect(device.made()).toBeGreaterThanOrEqual(k);
      await expect.poll(() => device.destroyed()).toBe(true);
      expect(host.engine).toBeNull();
      expect(host.losses).toBe(0);
      expect(seen.events.at(-1)).toMatchObject({ type: 'state', state: 'failed' });
    },
  );
});

test('G3, G4: destroyed in the backward pass, then silent: the same losses and the same adapter', async (context) => {
  const whole = await reference();
  const patience = { everyMs: 200, silenceMs: NEVER };
  const { runs, shelf, host } = await fixtureSession(patience);
  let device!: GPUDevice;
  ends.push(
    onDevice((opened) => {
      device = opened;
    }),
  );
  let step = 0;
  const struck: string[] = [];
  ends.push(
    onKernel(/backward/, () => {
      if (step < 4 || struck.length > 0) return;
      struck.push('destroyed');
      injected(context, 1, 'G3');
      device.destroy();
    }),
  );
  const { seen, listener } = watch((event) => {
    if (event.type !== 'step') return;
    step = event.step;
    if (step !== 9 || struck.length !== 1) return;
    struck.push('silent');
    injected(context, 1, 'G4');
    ends.push(silence(device));
    patience.silenceMs = 500;
  });
  await runs.train(shortRun({}, { kernels: await kernelsOf() }), (event) => {
    // The next device may take its time to compile again.
    if (event.type === 'state' && event.state === 'recovering') patience.silenceMs = NEVER;
    listener(event);
  });
  expect(struck).toEqual(['destroyed', 'silent']);
  expect(seen.warnings.filter((text) => text.includes('was lost'))).toEqual([
    expect.stringContaining('back to step 4'),
    expect.stringContaining('back to step 8'),
  ]);
  expect(seen.losses).toEqual(whole.losses);
  expect(joinValues(shelf.whole('run-1').weights)).toEqual(whole.adapter);

  // Lost behind its end: the adapter is still there for an export.
  injected(context, 1, 'G3');
  const { losses } = host;
  device.destroy();
  await expect.poll(() => host.losses).toBe(losses + 1);
  expect(host.engine).toBeNull();
  expect(joinValues(shelf.whole('run-1').weights)).toEqual(whole.adapter);
});

/** The process behind a device is dead without a word: nothing that is asked of it is ever answered. */
function silence(device: GPUDevice): () => void {
  const never = () => new Promise<undefined>(() => {});
  device.queue.onSubmittedWorkDone = never;
  const { mapAsync } = GPUBuffer.prototype;
  GPUBuffer.prototype.mapAsync = never;
  // Another device is another process.
  const end = onDevice(() => {
    GPUBuffer.prototype.mapAsync = mapAsync;
  });
  return () => {
    GPUBuffer.prototype.mapAsync = mapAsync;
    end();
  };
}
