import type { Gpu } from '../gpu/device.ts';
import type { Program } from '../gpu/launcher.ts';
import type { View } from '../gpu/memory.ts';

/** At most this many submits are under way. */
const IN_FLIGHT = 3;

/**
 * Cuts programs into submits of about the right length by the measured speed of this device, so that the screen stays
 * alive and no watchdog bites: near 50 ms on hardware, a second and a half in software.
 */
export class Pace {
  #flopsPerSecond: number;
  readonly #target: number;
  readonly #waiting: Promise<unknown>[] = [];
  readonly #free: GPUBuffer[] = [];
  #lastDone = 0;

  constructor(readonly gpu: Gpu) {
    // Low at first: a submit that is too short costs little, one that is too long freezes the screen.
    this.#flopsPerSecond = gpu.software ? 4e9 : 2e11;
    this.#target = gpu.software ? 1.5 : 0.05;
  }

  /** Runs a program; with `submit` its last part is submitted too. */
  async run(program: Program, submit: boolean): Promise<{ dispatches: number; submits: number }> {
    let dispatches = 0;
    let submits = 0;
    for (const part of program.parts(() => this.#flopsPerSecond * this.#target)) {
      dispatches += part.dispatches;
      if (!part.last || submit) {
        await this.#submit(part.flops);
        submits++;
      }
    }
    return { dispatches, submits };
  }

  async #submit(flops: number): Promise<void> {
    while (this.#waiting.length >= IN_FLIGHT) await this.#waiting[0];
    this.gpu.stream.submit();
    const begin = performance.now();
    const done = this.gpu.device.queue.onSubmittedWorkDone().then(() => {
      this.#waiting.shift();
      const now = performance.now();
      // They end in order: each has the device from its beginning, or from the end of the one before.
      const seconds = (now - Math.max(begin, this.#lastDone)) / 1000;
      this.#lastDone = now;
      if (flops > 1e7 && seconds > 0) this.#measured(flops / seconds);
    });
    this.#waiting.push(done);
  }

  /** Slower counts at once, since the next submit must not be too long; faster must show itself. */
  #measured(flopsPerSecond: number): void {
    const part = flopsPerSecond < this.#flopsPerSecond ? 1 : 0.3;
    this.#flopsPerSecond += part * (flopsPerSecond - this.#flopsPerSecond);
  }

  /** Records a copy of a view for reading; submit, then read. The staging buffers are used again. */
  stage(view: View, bytes: number): { read(): Promise<ArrayBuffer> } {
    const staging =
      this.#free.pop() ??
      this.gpu.device.createBuffer({
        label: 'staging',
        size: 32,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      });
    this.gpu.stream.encoder().copyBufferToBuffer(view.buffer, view.offset, staging, 0, bytes);
    return {
      read: async () => {
        await staging.mapAsync(GPUMapMode.READ, 0, bytes);
        const copy = staging.getMappedRange(0, bytes).slice(0);
        staging.unmap();
        this.#free.push(staging);
        return copy;
      },
    };
  }

  dispose(): void {
    for (const buffer of this.#free) buffer.destroy();
    this.#free.length = 0;
  }
}
