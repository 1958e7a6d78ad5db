import { useState } from 'react';
import type { KeptRung } from '../../lab/ladder/climb.ts';
import type { RungRow } from '../../lab/ladder/measure.ts';
import { rungOf } from '../../lab/ladder/rungs.ts';
import shared from '../shared/shared.module.css';
import css from './ladder.module.css';

/** Held-out rows in sight before more are asked for. */
const FIRST = 3;
const MOST = 12;

/**
 * What each rung said to the first held-out rows.
 * @param marked whether the rows say what is right, so that a right answer has its mark
 */
export function LadderAnswers({ rungs, marked }: { rungs: readonly KeptRung[]; marked: boolean }) {
  const [most, setMost] = useState(FIRST);
  const all = rungs[0].rows;
  return (
    <section className={css.answers} aria-labelledby="ladder-answers">
      <h2 className={shared.heading} id="ladder-answers">
        What each rung said
      </h2>
      {all.slice(0, most).map(({ line, prompt, reference }, row) => (
        <article key={line} className={`${shared.card} ${css.row}`}>
          <p className={css.question} dir="auto">
            {prompt}
          </p>
          <dl>
            <dt>Right</dt>
            <dd dir="auto">{reference}</dd>
            {rungs.map(({ name, rows }) => (
              <Answer key={name} name={name} of={rows[row]} marked={marked} />
            ))}
          </dl>
        </article>
      ))}
      {Math.min(MOST, all.length) > most && (
        <button type="button" className={shared.accentLink} onClick={() => setMost(MOST)}>
          More answers
        </button>
      )}
    </section>
  );
}

function Answer({ name, of, marked }: { name: KeptRung['name']; of: RungRow; marked: boolean }) {
  const { answer, right, of: parts } = of;
  return (
    <>
      <dt>{rungOf(name).label}</dt>
      <dd dir="auto">
        {answer === null ? 'no room for an answer' : answer || '(empty)'}
        {marked && answer !== null && right === parts && (
          <>
            <span aria-hidden="true"> ✓</span>
            <span className={shared.hidden}> right</span>
          </>
        )}
      </dd>
    </>
  );
}
