import { count } from '../shared/format.ts';
import { keptStep, type RunView } from './run.ts';
import type { AppState, Told } from './store.ts';
import { knownAt, type Then } from './then.ts';

/** A question with both answers; null while an answer has not begun. */
export interface Turn extends Told {
  key: string;
  prompt: string;
  base: string | null;
}

/** The questions in sight: a finished run's own prompts, before and after training, then what the person asked. */
export function conversation({ run, runSettings, exchanges, retold }: Shown): Turn[] {
  const films = run.state === 'finished' ? run.films : [];
  const left = stepLeft({ run, runSettings });
  const own = films.flatMap(({ prompt, frames }): Turn[] => {
    const first = frames.find((frame) => frame.step === 0);
    const last = frames.findLast((frame) => frame.step > 0);
    if (!first || !last) return [];
    const atEnd: Told = { tuned: last.text, step: left, strength: 1, done: true };
    return [{ key: filmKey(prompt), prompt, base: first.text, ...(retold[prompt] ?? atEnd) }];
  });
  const asked = exchanges.map(({ id, prompt, base, tuned, step, strength, done }): Turn => {
    return { key: askedKey(id), prompt, base, tuned, step, strength, done };
  });
  return [...own, ...asked];
}

type Shown = Pick<AppState, 'run' | 'exchanges' | 'retold'> & Partial<Pick<AppState, 'runSettings'>>;

/** Key of the turn of one of a run's own prompts. */
export function filmKey(prompt: string): string {
  return `film ${prompt}`;
}

/** Of one that the person asked. */
export function askedKey(id: number): string {
  return `asked ${id}`;
}

/** Whether a question is one of the run's own. */
export function isOwn({ key, prompt }: Pick<Turn, 'key' | 'prompt'>): boolean {
  return key === filmKey(prompt);
}

/** The step of the adapter that a finished run has left, or that a run is at. */
export function stepLeft({
  run,
  runSettings,
}: Pick<AppState, 'run'> & Partial<Pick<AppState, 'runSettings'>>): number {
  return run.state === 'finished' ? keptStep(run, runSettings?.keep) : run.step;
}

/**
 * What a run's own answers tell of the steps at which its adapter is kept. Those of its last step are by the adapter that
 * it left, which may be an earlier one; those of step 0 by whatever it began with.
 *
 * @returns answers by step and key
 */
export function filmed(run: RunView, left: number): { step: number; answers: Record<string, string> }[] {
  const found = new Map<number, Record<string, string>>();
  for (const { prompt, frames } of run.films)
    for (const { step, text, done } of frames) {
      if (step === 0 || !done) continue;
      const of = step === run.step ? left : step;
      found.set(of, { ...found.get(of), [filmKey(prompt)]: text });
    }
  return [...found].map(([step, answers]) => ({ step, answers }));
}

/** The state after every answer that is known of the place that the sliders show was put in its place. */
export function recalled(
  app: Shown,
  then: Pick<Then, 'known'>,
  now: Place,
): Pick<AppState, 'exchanges' | 'retold'> {
  let { exchanges, retold } = app;
  if (now.strength !== 1) return { exchanges, retold };
  const { answers } = knownAt(then, now.step);
  for (const turn of conversation(app)) {
    const tuned = answers[turn.key];
    if (tuned === undefined || turn.tuned === null || (turn.done && !isStale(turn, now))) continue;
    ({ exchanges, retold } = withTold({ exchanges, retold }, turn, { ...now, tuned, done: true }));
  }
  return { exchanges, retold };
}

/** The state after the tuned answer to a question in sight has changed. */
export function withTold(
  { exchanges, retold }: Pick<AppState, 'exchanges' | 'retold'>,
  turn: Turn,
  told: Told,
): Pick<AppState, 'exchanges' | 'retold'> {
  if (isOwn(turn)) return { exchanges, retold: { ...retold, [turn.prompt]: told } };
  return {
    retold,
    exchanges: exchanges.map((other) => (askedKey(other.id) === turn.key ? { ...other, ...told } : other)),
  };
}

/** Which adapter answers: at a step, with a part of it. */
export type Place = Pick<Told, 'step' | 'strength'>;

/** Whether an answer is another adapter's than the one that the sliders show. */
export function isStale(told: Place, now: Place): boolean {
  return told.step !== now.step || told.strength !== now.strength;
}

/** What there is to know of the adapter that answered, where it was not as the run left it at step `left`. */
export function answeredBy({ step, strength }: Place, left: number): string {
  const parts = [
    step !== left && `at step ${count(step)}`,
    strength !== 1 && `strength ${strength.toFixed(2)}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** As `answeredBy`, for an answer that must not be taken for the one of the sliders. */
export function staleWords({ step, strength }: Place): string {
  return `step ${count(step)}, strength ${strength.toFixed(2)}`;
}
