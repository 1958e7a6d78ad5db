import { count } from '../shared/format.ts';
import type { AppState, Told } from './store.ts';

/** A question with both answers; null while an answer has not begun. */
export interface Turn extends Told {
  key: string;
  prompt: string;
  base: string | null;
}

/** The questions in sight: a finished run's own prompts, before and after training, then what the person asked. */
export function conversation({
  run,
  exchanges,
  retold,
}: Pick<AppState, 'run' | 'exchanges' | 'retold'>): Turn[] {
  const films = run.state === 'finished' ? run.films : [];
  const own = films.flatMap(({ prompt, frames }): Turn[] => {
    const first = frames.find((frame) => frame.step === 0);
    const last = frames.findLast((frame) => frame.step > 0);
    if (!first || !last) return [];
    const atEnd: Told = { tuned: last.text, step: run.step, strength: 1, done: true };
    return [{ key: keyOf(prompt), prompt, base: first.text, ...(retold[prompt] ?? atEnd) }];
  });
  const asked = exchanges.map(({ id, prompt, base, tuned, step, strength, done }): Turn => {
    return { key: keyOf(id), prompt, base, tuned, step, strength, done };
  });
  return [...own, ...asked];
}

/** Of a run's prompt, or of an exchange. */
function keyOf(of: string | number): string {
  return typeof of === 'string' ? `film ${of}` : `asked ${of}`;
}

/** The state after the tuned answer to a question in sight has changed. */
export function withTold(
  { exchanges, retold }: Pick<AppState, 'exchanges' | 'retold'>,
  turn: Turn,
  told: Told,
): Pick<AppState, 'exchanges' | 'retold'> {
  if (turn.key === keyOf(turn.prompt)) return { exchanges, retold: { ...retold, [turn.prompt]: told } };
  return {
    retold,
    exchanges: exchanges.map((other) => (keyOf(other.id) === turn.key ? { ...other, ...told } : other)),
  };
}

/** Which adapter answers: at a step, with a part of it. */
export type Place = Pick<Told, 'step' | 'strength'>;

/** Whether an answer is another adapter's than the one that the sliders show. */
export function isStale(told: Place, now: Place): boolean {
  return told.step !== now.step || told.strength !== now.strength;
}

/** What there is to know of the adapter that answered, where it was not as the run left it. */
export function answeredBy({ step, strength }: Place, last: number): string {
  const parts = [
    step < last && `at step ${count(step)}`,
    strength !== 1 && `strength ${strength.toFixed(2)}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** As `answeredBy`, for an answer that must not be taken for the one of the sliders. */
export function staleWords({ step, strength }: Place): string {
  return `step ${count(step)}, strength ${strength.toFixed(2)}`;
}
