import type { Engine } from '../../engine/engine.ts';
import type { Watch } from '../../run/pause-and-stop.ts';
import type { TrainRequest } from '../api/api.ts';
import type { Answers } from './answers.ts';
import type { Listener } from './workspace.ts';

/** The prompts of a run, answered at one of its steps. `asked`: those to which the base's own answer was told. */
export async function answerPrompts(
  answers: Answers,
  engine: Engine,
  { request, asked }: { request: TrainRequest; asked: ReadonlySet<string> },
  { step, watch, emit }: { step: number; watch: Watch; emit: Listener },
): Promise<void> {
  const { raw } = request.settings;
  const common = { raw, maxTokens: request.sampleTokens, temperature: 0, topP: 1, seed: 0 };

  /** A pause breaks the answer off, and it begins anew. */
  async function answer(prompt: string, at: number, strength: number): Promise<void> {
    for (;;) {
      if (!(await watch.ready())) return;
      let whole = true;
      const { text } = await answers.whileTraining(
        engine,
        { ...common, prompt, strength },
        (so) => emit({ type: 'sample', step: at, prompt, text: so, done: false }),
        () => {
          whole = watch.goesOn();
          return whole;
        },
      );
      if (!whole && !watch.ended()) continue;
      emit({ type: 'sample', step: at, prompt, text, done: true });
      return;
    }
  }

  for (const prompt of request.prompts) {
    // Gone on with, the run may not know what the base said.
    if (step > 0 && !asked.has(prompt)) await answer(prompt, 0, 0);
    await answer(prompt, step, 1);
  }
}
