import { useId } from 'react';
import { checkRecital, LEAST_WORDS, stopRecital } from '../actions/recital.ts';
import { count, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { type Recital, useRecital } from '../state/recital.ts';
import { useApp } from '../state/store.ts';
import css from './take.module.css';

/** Before an adapter is given away: whether it says rows of the data by heart. */
export function RecitalCheck() {
  const recital = useRecital();
  const data = useApp((state) => state.data);
  const { of, asked, recited, total, error } = recital;
  const id = useId();
  if (!of || data !== of) return null;
  return (
    <section className={css.recital} aria-labelledby={id}>
      <div className={shared.between}>
        <h2 className={shared.heading} id={id}>
          Can it recite your data?
        </h2>
        {total === null ? (
          <button type="button" className={shared.accentLink} onClick={() => void checkRecital()}>
            {asked ? 'Check again' : 'Check'}
          </button>
        ) : (
          <button type="button" className={shared.accentLink} onClick={() => void stopRecital()}>
            Stop
          </button>
        )}
      </div>
      <p className={shared.mute}>{sentence(recital)}</p>
      {recited.length > 0 && (
        <details>
          <summary>See them</summary>
          <ol>
            {recited.map(({ line, prompt, answer }) => (
              <li key={line}>
                <span className={shared.faint}>line {count(line)}</span> {prompt}
                <br />
                {answer}
              </li>
            ))}
          </ol>
        </details>
      )}
      {error && <Trouble error={error} what="The check was not finished." />}
    </section>
  );
}

export function sentence({ asked, recited, total }: Recital): string {
  if (!asked)
    return 'Anyone with the adapter may be able to extract training rows. This asks it some of them and compares the answers word for word.';
  if (total !== null) return `Asked ${count(asked.all)} of ${count(total)} rows.`;
  if (asked.counted === 0)
    return `None of the ${plural(asked.all, 'row')} asked has an answer of ${LEAST_WORDS} words or more, so there is little to recite.`;
  const of = `of ${plural(asked.counted, 'row')} asked`;
  if (recited.length === 0) return `None ${of} came back word for word.`;
  return `${count(recited.length)} ${of} came back word for word: treat the adapter as you treat the data.`;
}
