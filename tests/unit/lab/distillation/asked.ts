import type { Question } from '../../../../src/data/forms/questions.ts';

/** A row of one question and its answer. */
export function row(asked: string, reference: string, system?: string): Question {
  return {
    line: 1,
    turns: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: asked },
    ],
    reference,
  };
}
