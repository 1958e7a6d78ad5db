import { hasTuned } from '../actions/answers.ts';
import { Term } from '../glossary/term.tsx';
import { beginning } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useApp } from '../state/store.ts';
import css from './answers.module.css';
import { ChangedText } from './changed-text.tsx';
import { NextTokens } from './late-parts.tsx';
import { PromptField } from './prompt-field.tsx';
import { Strength } from './strength.tsx';

/** One question to both, while a run goes or before it; the newest on top. */
export function CompareTab() {
  const trained = useApp(hasTuned);
  const exchanges = useApp((state) => state.exchanges);
  const strength = useApp((state) => state.strength);
  const error = useApp((state) => state.askError);
  return (
    <>
      <PromptField kind="ask" />
      {trained ? (
        <Strength />
      ) : (
        <p className={shared.mute}>
          Until the first step only the base model answers: nothing is trained yet.
        </p>
      )}
      {error && <Trouble error={error} what="The question was not answered." />}
      <NextTokens />
      {exchanges
        .map((exchange) => (
          <section key={exchange.id} className={css.exchange} aria-label={`“${exchange.prompt}”`}>
            <h2 className={css.question}>“{beginning(exchange.prompt)}”</h2>
            <div>
              <div className={shared.label}>
                <Term term="base">Base</Term>
              </div>
              <p className={shared.bubble}>{exchange.base ?? '…'}</p>
            </div>
            {(exchange.tuned !== null || exchange.step > 0 || exchange.by) && (
              <div>
                <div className={`${shared.label} ${css.tunedName}`}>
                  {exchange.by ? `With ${exchange.by}` : `Tuned, step ${exchange.step}`}
                  {exchange.strength !== 1 && `, strength ${exchange.strength.toFixed(2)}`}
                </div>
                <p
                  className={shared.tuned}
                  data-stale={(exchange.tuned !== null && exchange.strength !== strength) || undefined}
                >
                  {exchange.tuned === null ? (
                    '…'
                  ) : (
                    <ChangedText before={exchange.base ?? ''} after={exchange.tuned} />
                  )}
                </p>
              </div>
            )}
          </section>
        ))
        .reverse()}
    </>
  );
}
