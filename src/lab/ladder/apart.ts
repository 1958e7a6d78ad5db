import type { Question } from '../../data/forms/questions.ts';
import type { Training } from './climb.ts';
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

/** What several trainings took: the seconds of all, the memory of the largest, the mean loss elsewhere. */
export function trainingOfAll(trainings: readonly Training[]): Training {
  const known = (of: (training: Training) => number | null) =>
    trainings.map(of).filter((figure) => figure !== null);
  const sum = (figures: readonly number[]) => figures.reduce((all, one) => all + one, 0);
  const memory = known(({ memory_bytes }) => memory_bytes);
  const after = known(({ elsewhere_after }) => elsewhere_after);
  return {
    train_seconds: sum(known(({ train_seconds }) => train_seconds)),
    memory_bytes: memory.length > 0 ? Math.max(...memory) : null,
    elsewhere_before: trainings[0].elsewhere_before,
    elsewhere_after: after.length > 0 ? sum(after) / after.length : null,
  };
}
