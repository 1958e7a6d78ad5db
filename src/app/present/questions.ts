import { answeredBy, conversation, type Turn } from '../state/conversation.ts';
import type { AppState } from '../state/store.ts';

/** A question with what is known of its answers; null where a model has not been asked. */
export interface Presented {
  prompt: string;
  base: string | null;
  tuned: string | null;
  /** Of the tuned answer, where it is not the end’s: at which step, how strong. */
  when: string;
}

/**
 * The questions that can be shown large, in their order: of a run under way those that it asks, of one that has ended
 * also what the person asked, before any what the base says.
 */
export function presented(app: Asked): Presented[] {
  const { run, prompts, baseAnswers } = app;
  const ended = run.state === 'finished';
  const asked = ended || run.state === 'idle' ? conversation(app).map((turn) => ofTurn(turn, run.step)) : [];
  if (ended) return asked;
  if (run.state === 'idle')
    return [
      ...prompts
        .filter((prompt) => prompt.trim() !== '')
        .map((prompt) => ({ prompt, base: baseAnswers[prompt]?.text ?? null, tuned: null, when: '' })),
      ...asked,
    ];
  return run.films.map(({ prompt, frames }) => {
    const last = frames.findLast(({ step }) => step > 0);
    return {
      prompt,
      base: frames.find(({ step }) => step === 0)?.text ?? null,
      tuned: last?.text ?? null,
      when: last ? `step ${last.step}` : '',
    };
  });
}

type Asked = Pick<AppState, 'run' | 'prompts' | 'baseAnswers' | 'exchanges' | 'retold' | 'runSettings'>;

function ofTurn(turn: Turn, end: number): Presented {
  const { prompt, base, tuned } = turn;
  return { prompt, base, tuned, when: tuned === null ? '' : answeredBy(turn, end) };
}

/** Which one is shown at first: what the person asked last, else the first. */
export function firstShown(questions: readonly Presented[], exchanges: AppState['exchanges']): number {
  return exchanges.length > 0 && questions.at(-1)?.prompt === exchanges.at(-1)?.prompt
    ? questions.length - 1
    : 0;
}
