import { EngineGone } from './engine.ts';

/** What is asked of an engine, done one after another. */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #ended = false;

  /** @param told what is thrown in place of an error of the work */
  constructor(private readonly told: (error: unknown) => unknown = (error) => error) {}

  /** Runs `work` after all that was asked for before. @throws EngineGone after `end` */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ended) return Promise.reject(new EngineGone());
    this.#waiting++;
    const result = this.#last.then(work).catch((error) => {
      throw this.told(error);
    });
    const done = () => {
      this.#waiting--;
    };
    this.#last = result.then(done, done);
    return result;
  }

  /** Takes nothing more, and frees once what was asked for is done: at once where nothing is under way. */
  async end(free: () => void): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#waiting > 0) await this.#last;
    free();
  }
}
