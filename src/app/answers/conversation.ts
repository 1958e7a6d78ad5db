import { count } from '../shared/format.ts';
import type { Film } from '../state/run.ts';
import type { Exchange } from '../state/store.ts';

/** A question with both answers; null while an answer has not begun. */
export interface Turn {
  key: string;
  prompt: string;
  base: string | null;
  tuned: string | null;
  step: number;
  strength: number;
}

/** The run's own prompts, before and after training, then what the person asked since. */
export function conversation(films: readonly Film[], exchanges: readonly Exchange[], step: number): Turn[] {
  const own = films.flatMap(({ prompt, frames }) => {
    const first = frames.find((frame) => frame.step === 0);
    const last = frames.findLast((frame) => frame.step > 0);
    if (!first || !last) return [];
    return [{ key: `film ${prompt}`, prompt, base: first.text, tuned: last.text, step, strength: 1 }];
  });
  const asked = exchanges.map((exchange, i) => ({
    key: `asked ${i}`,
    prompt: exchange.prompt,
    base: exchange.base,
    tuned: exchange.tuned,
    step: exchange.step,
    strength: exchange.strength,
  }));
  return [...own, ...asked];
}

/** What else there is to know of the adapter that answered, where it was not as the run left it. */
export function answeredBy({ step, strength }: Pick<Turn, 'step' | 'strength'>, last: number): string {
  const parts = [
    step < last && `at step ${count(step)}`,
    strength !== 1 && `strength ${strength.toFixed(2)}`,
  ];
  return parts.filter(Boolean).join(', ');
}
