import { UserError } from '../../errors.ts';
import type { PatternQuestion, PatternReply } from './pattern-worker.ts';

/** What is left to a pattern that backtracks without end; one that ends takes microseconds. */
const PATIENCE_MS = 2000;

/**
 * Whether a pattern is found in an answer, in a worker of its own: `(a+)+$` never ends on some answers, and would take the
 * page with it.
 * @throws UserError `bad-expectation` after 2 s; `worker-failed`
 */
export function patternMet(question: PatternQuestion): Promise<boolean> {
  const worker = new Worker(new URL('./pattern-worker.ts', import.meta.url), { type: 'module' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new Promise<boolean>((resolve, reject) => {
    const giveUp = () =>
      reject(
        new UserError(
          'bad-expectation',
          `The pattern ${question.pattern} did not come to an end within 2 seconds. What was checked before it is kept. Write it without repeats inside repeats, or remove it.`,
        ),
      );
    worker.onmessage = ({ data }: MessageEvent<PatternReply>) => {
      if (data !== null) return resolve(data);
      worker.postMessage(question);
      // How long a busy machine takes to start it says nothing about the pattern.
      timer = setTimeout(giveUp, PATIENCE_MS);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(
        new UserError(
          'worker-failed',
          'The worker that looks for patterns could not start. What was checked before is kept. Check the connection, or reload the page.',
        ),
      );
    };
  }).finally(() => {
    clearTimeout(timer);
    worker.terminate();
  });
}
