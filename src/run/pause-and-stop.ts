/** Asked by long work between steps, so that a pause or a stop need not wait for it. */
export interface Watch {
  /** Waits during a pause. False: the work is no longer wanted. */
  ready(): Promise<boolean>;
  /** False: paused, or no longer wanted. */
  goesOn(): boolean;
  /** Whether it is no longer wanted. */
  ended(): boolean;
}

/** What the user has asked of a run in progress: to pause, to stop. */
export class Wishes implements Watch {
  /** Nothing more is trained: what is left is to measure and to answer a last time. */
  ending = false;
  #pause: { promise: Promise<void>; resolve: () => void } | null = null;
  #stopped = false;
  #interrupted = false;
  /** Stopped again: it does not wait for that either. */
  #hurried = false;

  /** @param stand stands still until `resumed` */
  constructor(readonly stand: () => Promise<void>) {}

  get paused(): boolean {
    return this.#pause !== null;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** Settles with the end of the pause. */
  get resumed(): Promise<void> | undefined {
    return this.#pause?.promise;
  }

  pause(): void {
    if (this.#pause || this.#stopped) return;
    let resolve = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    this.#pause = { promise, resolve };
  }

  resume(): void {
    this.#pause?.resolve();
    this.#pause = null;
  }

  stop(): void {
    this.#hurried = this.#stopped;
    this.#stopped = true;
    this.resume();
  }

  interrupt(): void {
    this.#interrupted = true;
    this.stop();
  }

  async ready(): Promise<boolean> {
    while (this.#pause) await this.stand();
    return !this.ended();
  }

  goesOn(): boolean {
    return !this.#pause && !this.ended();
  }

  ended(): boolean {
    return this.#interrupted || (this.ending ? this.#hurried : this.#stopped);
  }
}
