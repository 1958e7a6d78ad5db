import { useState } from 'react';
import { mixedForms } from '../../merging/prompt-form.ts';
import { addQuestion, chosenOf, nameOfEntry, removeQuestion } from '../actions/merging.ts';
import { ChangedText } from '../answers/changed-text.tsx';
import { Term } from '../glossary/term.tsx';
import { beginning } from '../shared/format.ts';
import { Cross } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { NOT_ANSWERED, useMerging } from '../state/merging.ts';
import css from './merging.module.css';

/** Base and merge side by side; answers of weights that the sliders have left are dashed until they are asked again. */
export function MergedAnswers() {
  const state = useMerging();
  const { questions, answers, made, pending } = state;
  const mixed = mixedForms(chosenOf(state).map((one) => ({ name: nameOfEntry(one), raw: one.raw })));
  const [text, setText] = useState('');
  const busy = pending || (made !== null && questions.some((one) => answers[one]?.by !== made.adapter));
  return (
    <section className={css.answers} aria-label="Base and merged" aria-busy={busy}>
      {mixed && <p className={css.mixed}>{mixed}</p>}
      {questions.length > 0 && (
        <>
          <h3 className={shared.heading}>
            <Term term="base">Base</Term>
          </h3>
          <h3 className={`${shared.heading} ${css.mergedName}`}>
            <Term term="merging">Merged</Term>
          </h3>
        </>
      )}
      {questions.map((question) => {
        const { base, merged, by } = answers[question] ?? NOT_ANSWERED;
        const stale = pending || by !== made?.adapter;
        return (
          <div key={question} className={css.turn}>
            <div className={css.asked}>
              <p>{beginning(question)}</p>
              <button
                type="button"
                className={`${shared.icon} ${css.icon}`}
                aria-label={`Remove the question “${beginning(question, 60)}”`}
                onClick={() => removeQuestion(question)}
              >
                <Cross />
              </button>
            </div>
            <p className={shared.bubble}>{base ?? '…'}</p>
            <p className={shared.tuned} data-stale={(merged !== null && stale) || undefined}>
              {merged === null ? '…' : <ChangedText before={base ?? ''} after={merged} />}
            </p>
          </div>
        );
      })}
      <form
        className={css.add}
        onSubmit={(event) => {
          event.preventDefault();
          addQuestion(text);
          setText('');
        }}
      >
        <input
          type="text"
          className={css.box}
          aria-label="Another question"
          placeholder="Ask another question…"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" className={shared.button} disabled={text.trim() === ''}>
          Add question
        </button>
      </form>
    </section>
  );
}
