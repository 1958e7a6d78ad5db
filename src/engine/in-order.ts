import { EngineGone } from './engine.ts';

/** What is asked of an engine, done one after another. */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #ended = false;

  /** Runs `work` after all that was asked for before. @throws EngineGone after `end` */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ended) return Promise.reject(new EngineGone());
    this.#waiting++;
    const result = this.#last.then(work);
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
