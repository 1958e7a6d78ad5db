import { vi } from 'vitest';
import type { Gpu } from '../../../../src/gpu/device.ts';
import type { Program } from '../../../../src/gpu/launcher.ts';
import { oneTurn } from '../../event-loop.ts';

export interface CardOptions {
  flopsPerSecond: number;
  software?: boolean;
  /** When the browser tells of the end of a submit. */
  heard?: (end: number) => number;
  /** The worker does something else for so many milliseconds, every so many. */
  busy?: { ms: number; every: number };
}

/** Chrome tells within a millisecond, not always equally fast. */
export function likeChrome(): (end: number) => number {
  let state = 7;
  return (end) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return end + 0.4 + (0.3 * state) / 2 ** 32;
  };
}

/** Firefox looks every 100 ms. */
export const likeFirefox = (end: number) => 100 * Math.ceil(end / 100);

/** Milliseconds of JavaScript that a dispatch costs, and that a callback costs. */
const RECORDING_MS = 0.02;
const CALLBACK_MS = 0.01;

/** A graphics card, its browser and its worker in virtual time: one submit is computed after another. */
export class VirtualCard {
  readonly gpu: Gpu;
  /** Milliseconds that each submit computed. */
  readonly submits: number[] = [];
  /** Most submits that were under way at once, as the page knows it. */
  mostOpen = 0;
  flopsPerSecond: number;
  lose!: (info: { reason: string }) => void;
  #now = 1000;
  #recorded = 0;
  #free = 0;
  #open = 0;
  #events: { at: number; happen: () => void }[] = [];

  constructor(readonly options: CardOptions) {
    this.flopsPerSecond = options.flopsPerSecond;
    vi.spyOn(performance, 'now').mockImplementation(() => this.#now);
    const later = (happen: () => void, ms = 0) => {
      // Browsers make a timer of a timer wait for four milliseconds.
      this.#events.push({ at: this.#now + Math.max(4, ms), happen });
    };
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(later as unknown as typeof setTimeout);
    const heard = options.heard ?? likeChrome();
    this.gpu = {
      software: options.software ?? false,
      stream: {
        submit: () => {
          const ms = (this.#recorded / this.flopsPerSecond) * 1000;
          this.#recorded = 0;
          this.submits.push(ms);
          this.#free = Math.max(this.#free, this.#now) + ms;
          this.mostOpen = Math.max(this.mostOpen, ++this.#open);
        },
      },
      device: {
        lost: new Promise((resolve) => {
          this.lose = resolve;
        }),
        queue: {
          onSubmittedWorkDone: async () => {
            await new Promise<void>((happen) => {
              this.#events.push({ at: heard(this.#free), happen });
            });
            this.#open--;
          },
        },
      },
    } as unknown as Gpu;
  }

  /** A program of dispatches with so many operations each, cut as the real one is. */
  program(dispatches: readonly number[]): Program {
    const card = this;
    return {
      *parts(most: () => number) {
        let flops = 0;
        for (const cost of dispatches) {
          if (flops > 0 && flops + cost > most()) {
            yield { dispatches: 1, flops, last: false };
            flops = 0;
          }
          flops += cost;
          card.#recorded += cost;
          card.#now += RECORDING_MS;
        }
        yield { dispatches: 1, flops, last: true };
      },
    } as unknown as Program;
  }

  /** What `work` answers, once time has gone by for it. */
  async spend<T>(work: Promise<T>): Promise<T> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    work.then(end, end);
    for (;;) {
      await oneTurn();
      if (ended) return work;
      this.#events.sort((a, b) => a.at - b.at);
      const next = this.#events.shift();
      if (!next) throw new Error('it waits for nothing');
      this.#now = this.#awake(Math.max(this.#now + CALLBACK_MS, next.at));
      next.happen();
    }
  }

  /** When the worker is next free to do something. */
  #awake(at: number): number {
    const { busy } = this.options;
    if (!busy) return at;
    const since = at % busy.every;
    return since < busy.ms ? at - since + busy.ms : at;
  }
}
