import type { Question } from '../../data/forms/questions.ts';
import type { Asking } from './measure.ts';

/** Several adapters that answer as one: each question is put to that of its kind. */
export function askingApart(askings: readonly Asking[], kindOf: (question: Question) => number): Asking {
  /** What each asking gives to its own questions, in the order of all. */
  async function together<T>(
    questions: readonly Question[],
    ask: (asking: Asking, own: readonly Question[]) => Promise<readonly T[]>,
  ): Promise<T[]> {
    const all: T[] = new Array(questions.length);
    const kinds = questions.map(kindOf);
    for (const [kind, asking] of askings.entries()) {
      const places = [...questions.keys()].filter((i) => kinds[i] === kind);
      if (places.length === 0) continue;
      const given = await ask(
        asking,
        places.map((i) => questions[i]),
      );
      places.forEach((place, i) => {
        all[place] = given[i];
      });
    }
    return all;
  }
  return {
    prompted: (question) => askings[kindOf(question)].prompted(question),
    answers: (questions, onAnswer) => together(questions, (asking, own) => asking.answers(own, onAnswer)),
    losses: (questions) => together(questions, (asking, own) => asking.losses(own)),
  };
}
