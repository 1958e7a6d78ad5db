import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import css from './answers.module.css';
import { FilmStrip } from './film-strip.tsx';
import { IsTrainingNeeded } from './need.tsx';
import { PromptField } from './prompt-field.tsx';
import { Question } from './question.tsx';

/** The person's prompts with the model's answers through training. */
export function SamplesTab() {
  const state = useApp(({ run }) => run.state);
  const films = useApp(({ run }) => run.films);
  const prompts = useApp((app) => app.prompts);
  const answers = useApp((app) => app.baseAnswers);
  const before = state === 'idle';
  const shown = before
    ? prompts
    : [...new Set([...films.map(({ prompt }) => prompt), ...(isBusy(state) ? prompts : [])])];
  return (
    <>
      {shown.map((prompt, index) => {
        const film = before ? undefined : films.find((other) => other.prompt === prompt);
        const base = answers[prompt];
        const frames = film?.frames ?? (base ? [{ step: 0, ...base }] : []);
        return (
          <section
            // Before a run a prompt can be changed in place, so it is its place that lasts.
            key={before ? index : prompt}
            className={css.film}
            data-tour={index === 0 ? 'words' : undefined}
            aria-label={`“${prompt}”`}
          >
            <Question index={index} prompt={prompt} editable={before} />
            <FilmStrip prompt={prompt} frames={frames} going={isBusy(state)} />
          </section>
        );
      })}
      {state !== 'finished' && <PromptField kind={isBusy(state) ? 'ask-and-show' : 'add'} />}
      {before && <IsTrainingNeeded />}
    </>
  );
}
