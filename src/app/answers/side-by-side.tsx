import { Suspense, useEffect, useRef } from 'react';
import { Term } from '../glossary/term.tsx';
import { lazyPart } from '../region/lazy-part.tsx';
import { Region } from '../region/region.tsx';
import { beginning } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { answeredBy, conversation, isStale, staleWords, stepLeft } from '../state/conversation.ts';
import { useDataView } from '../state/data-view.ts';
import { useApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import css from './answers.module.css';
import { ChangedText } from './changed-text.tsx';

const LearnedFrom = lazyPart(() => import('./learned-from.tsx'));

/**
 * Base and tuned in two columns: the run's own prompts first, then what was asked since.
 * @param follow whether what is asked comes in sight
 */
export function SideBySide({ follow }: { follow: boolean }) {
  const run = useApp((state) => state.run);
  const exchanges = useApp((state) => state.exchanges);
  const retold = useApp((state) => state.retold);
  const strength = useApp((state) => state.strength);
  const then = useThen(({ step }) => step);
  const runSettings = useApp((state) => state.runSettings);
  const turns = conversation({ run, runSettings, exchanges, retold });
  const left = stepLeft({ run, runSettings });
  const now = { step: then ?? left, strength };
  const end = useRef<HTMLDivElement>(null);
  const asked = exchanges.length;
  const traced = useDataView((state) => state.traced);
  const adapter = useApp((state) => state.tuned);
  useEffect(() => {
    if (follow && asked > 0) end.current?.scrollIntoView({ block: 'nearest' });
  }, [asked, follow]);
  if (turns.length === 0)
    return <p className={shared.mute}>Nothing has been asked yet. Ask something, and both models answer.</p>;
  return (
    <section className={css.two} aria-label="Base and tuned" aria-busy={turns.some(({ done }) => !done)}>
      <h2 className={shared.heading}>
        <Term term="base">Base</Term>
      </h2>
      <h2 className={`${shared.heading} ${css.tunedName}`}>
        <Term term="tuned">Tuned</Term> <span>{answeredBy(now, left)}</span>
      </h2>
      {turns.map(({ key, prompt, base, tuned, ...by }) => {
        const stale = tuned !== null && isStale(by, now);
        const whole = Boolean(tuned) && by.done && !stale && strength > 0;
        const place = `${adapter} ${key}`;
        const open = whole && place === traced;
        return (
          <div key={key} className={css.turn}>
            <p className={css.asked}>{beginning(prompt)}</p>
            <p className={shared.bubble}>{base ?? '…'}</p>
            <div>
              {stale && <div className={shared.label}>{staleWords(by)}</div>}
              <p className={shared.tuned} data-stale={stale || undefined}>
                {tuned === null ? '…' : <ChangedText before={base ?? ''} after={tuned} />}
              </p>
              <button
                type="button"
                className={shared.link}
                disabled={!whole}
                aria-expanded={open}
                onClick={() => useDataView.setState({ traced: open ? null : place })}
              >
                What did it learn from?
              </button>
            </div>
            {open && (
              <section className={css.traced} aria-label="What it learned from">
                <Region name="What it learned from">
                  <Suspense fallback={<p className={shared.mute}>…</p>}>
                    <LearnedFrom key={tuned} turn={{ prompt, tuned }} />
                  </Suspense>
                </Region>
              </section>
            )}
          </div>
        );
      })}
      <div ref={end} className={css.end} />
    </section>
  );
}
