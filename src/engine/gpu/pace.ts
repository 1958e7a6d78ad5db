import type { Gpu } from '../../gpu/device.ts';
import type { Program } from '../../gpu/launcher.ts';
import type { View } from '../../gpu/memory.ts';

/** At most this many submits are under way. */
const IN_FLIGHT = 3;

/** Seconds after the end of a submit that a browser may take to tell of it. */
const LATENESS = 0.1;

/** Operations a second of a device that was lost, by our measure: perhaps it was asked for too much at once. */
let lostRate = Number.POSITIVE_INFINITY;

/**
 * Cuts programs into submits of about the right length by the measured speed of this device, so that the screen stays
 * alive and no watchdog bites: near 50 ms on hardware, below two seconds in software.
 *
 * A submit's end is heard of late: browsers look for it now and then (Firefox every 100 ms), and this thread may be
 * busy. So ends are only counted, and the speed is what was done over a span long enough for the lateness not to count.
 */
export class Pace {
  #flopsPerSecond: number;
  readonly #target: number;
  /** A promise for each submit that is under way, or ended and not counted yet. */
  #waiting: Promise<void>[] = [];
  readonly #free: GPUBuffer[] = [];
  /** Operations that are recorded and not submitted. */
  #recorded = 0;
  /** Ends that were just heard; `last`: nothing else was under way. */
  #ends: { flops: number; at: number; last: boolean }[] = [];
  #counting: Promise<void> | null = null;
  /**
   * Operations whose end was counted, and the span in which the device did them, in milliseconds. `idle`: an end was
   * the last one under way, so that the device may have had nothing to do before it was heard.
   */
  #done = { flops: 0, from: 0, until: 0, idle: false };
  #watched = false;

  constructor(readonly gpu: Gpu) {
    // Low at first: a submit that is too short costs little, one that is too long freezes the screen.
    this.#flopsPerSecond = Math.min(gpu.software ? 4e9 : 2e11, lostRate / 4);
    this.#target = gpu.software ? 1.8 : 0.05;
  }

  /** Runs a program; with `submit` its last part is submitted too, else it goes with the next `submit`. */
  async run(program: Program, submit: boolean): Promise<{ dispatches: number; submits: number }> {
    let dispatches = 0;
    let submits = 0;
    for (const part of program.parts(() => this.#budget() - this.#recorded)) {
      dispatches += part.dispatches;
      this.#recorded += part.flops;
      if (!part.last || submit) {
        await this.submit();
        submits++;
      }
    }
    return { dispatches, submits };
  }

  /** Submits what is recorded, as soon as few enough are under way. */
  async submit(): Promise<void> {
    while (this.#waiting.length >= IN_FLIGHT) await this.#waiting[0];
    this.#watch();
    this.gpu.stream.submit();
    const flops = this.#recorded;
    this.#recorded = 0;
    // The device has had nothing to do since the last end: that does not count.
    if (this.#waiting.length === 0) {
      const now = performance.now();
      this.#done.from += now - this.#done.until;
      this.#done.until = now;
    }
    const ended = () => this.#ended(flops);
    // Whoever waits for a result hears of a lost device.
    this.#waiting.push(this.gpu.device.queue.onSubmittedWorkDone().then(ended, ended));
  }

  /** Ends that are told together come one after another: they are counted together, a moment later. */
  #ended(flops: number): Promise<void> {
    const last = this.#ends.length + 1 === this.#waiting.length;
    this.#ends.push({ flops, at: performance.now(), last });
    this.#counting ??= new Promise((resolve) => setTimeout(resolve, 1)).then(() => {
      for (const end of this.#ends) {
        this.#done.flops += end.flops;
        this.#done.until = end.at;
        this.#done.idle ||= end.last;
      }
      this.#waiting = this.#waiting.slice(this.#ends.length);
      this.#ends = [];
      this.#counting = null;
    });
    return this.#counting;
  }

  /** Operations for one submit. */
  #budget(): number {
    const { flops, from, until, idle } = this.#done;
    const seconds = (until - from) / 1000;
    if (seconds > this.#target / 4 && flops > 1e7) {
      this.#measured(flops, seconds, idle);
      this.#done = { flops: 0, from: until, until, idle: false };
    }
    return this.#flopsPerSecond * this.#target;
  }

  /** Slower counts at once, since the next submit must not be too long; faster must show itself. */
  #measured(flops: number, seconds: number, idle: boolean): void {
    const rate = this.#flopsPerSecond;
    const seen = flops / seconds;
    // What an idle device did in that span it may have done faster: it is slow only where lateness does not explain it.
    const certain = idle ? seconds - LATENESS : seconds;
    if (seen > rate) this.#flopsPerSecond = Math.min(2 * rate, (rate + seen) / 2);
    else if (!idle || certain > this.#target) this.#flopsPerSecond = Math.min(rate, flops / certain);
  }

  #watch(): void {
    if (this.#watched) return;
    this.#watched = true;
    void this.gpu.device.lost.then(({ reason }) => {
      if (reason !== 'destroyed') lostRate = this.#flopsPerSecond;
    });
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
