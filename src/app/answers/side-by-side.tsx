import { useEffect, useRef } from 'react';
import { beginning } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import css from './answers.module.css';
import { ChangedText } from './changed-text.tsx';
import { answeredBy, conversation } from './conversation.ts';

/** Base and tuned in two columns: the run's own prompts first, then what was asked since. */
export function SideBySide() {
  const films = useApp(({ run }) => run.films);
  const exchanges = useApp((state) => state.exchanges);
  const step = useApp(({ run }) => run.step);
  const turns = conversation(films, exchanges, step);
  const end = useRef<HTMLDivElement>(null);
  const asked = exchanges.length;
  useEffect(() => {
    if (asked > 0) end.current?.scrollIntoView({ block: 'nearest' });
  }, [asked]);
  if (turns.length === 0)
    return <p className={shared.mute}>Nothing has been asked yet. Ask below, and both models answer.</p>;
  return (
    <section className={css.two} aria-label="Base and tuned" aria-busy={exchanges.some(({ done }) => !done)}>
      <h2 className={shared.heading}>Base</h2>
      <h2 className={`${shared.heading} ${css.tunedName}`}>Tuned</h2>
      {turns.map(({ key, prompt, base, tuned, ...by }) => (
        <div key={key} className={css.turn}>
          <p className={css.asked}>{beginning(prompt)}</p>
          <p className={shared.bubble}>{base ?? '…'}</p>
          <div>
            <div className={shared.label}>{answeredBy(by, step)}</div>
            <p className={shared.tuned}>
              {tuned === null ? '…' : <ChangedText before={base ?? ''} after={tuned} />}
            </p>
          </div>
        </div>
      ))}
      <div ref={end} className={css.end} />
    </section>
  );
}
