import { useEffect, useRef, useState } from 'react';
import type { KeptData } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { worker, workerIsHeld } from '../state/connection.ts';
import { keepsNothing } from '../state/keeping.ts';
import { keptSigningKey } from '../state/signing-key.ts';
import { isTaken, useApp } from '../state/store.ts';
import { keptPairs } from '../state/written.ts';
import { enforcedText } from './enforced.ts';
import { eraseEverything, keepAgain, keepNothing } from './erase.ts';
import { eraseQuestion, keptText } from './kept-text.ts';
import css from './privacy.module.css';

interface Facts {
  /** Whether the browser holds the workers to the page's policy. */
  held: boolean | null;
  kept: KeptData | null;
  /** Examples that were typed and are kept. */
  examples: number;
  /** Whether the key of score cards is kept. */
  signs: boolean;
}

const UNKNOWN: Facts = { held: null, kept: null, examples: 0, signs: false };

async function readFacts(): Promise<Facts> {
  const api = await worker();
  return {
    held: await workerIsHeld(),
    kept: await api.keptData(),
    examples: keptPairs().length,
    signs: keptSigningKey() !== null,
  };
}

/** What the promise rests on, what is kept, and the two ways to have less of it. */
export function PrivacyPanel() {
  const busy = useApp((app) => app.starting || isTaken(app) || app.modelWork !== null);
  const [facts, setFacts] = useState<Facts>(UNKNOWN);
  const [nothing, setNothing] = useState(keepsNothing);
  /** Which of the two ways has been pressed and waits for an answer. */
  const [asked, setAsked] = useState<'keep-nothing' | 'erase' | null>(null);
  const answer = useRef<HTMLParagraphElement>(null);
  const [said, setSaid] = useState('');

  useEffect(() => {
    readFacts()
      .then(setFacts)
      .catch((error) => setSaid(pageError(error).text));
  }, []);

  async function carryOut(work: () => Promise<void>, done: string): Promise<void> {
    setAsked(null);
    const answered = await work().then(
      () => done,
      (error) => pageError(error).text,
    );
    // Read before the answer is shown: "Erased" must not stand beside what was kept until then.
    const now = await readFacts().catch(() => UNKNOWN);
    setFacts(now);
    setSaid(answered);
    // As it is, where that failed.
    setNothing(keepsNothing());
    // What was pressed may be gone.
    answer.current?.focus();
  }

  const question = facts.kept
    ? eraseQuestion(facts.kept, facts.examples, facts.signs)
    : 'Erase what is kept here too?';
  function chooseNothing(erase: boolean): Promise<void> {
    setNothing(true);
    return carryOut(
      () => keepNothing(erase),
      erase
        ? 'Nothing is kept from now on, and what was kept is erased.'
        : 'Nothing is kept from now on; what was kept stays until you erase it.',
    );
  }

  function tick(next: boolean): void {
    if (!next) {
      setNothing(false);
      void carryOut(keepAgain, 'Runs and models are kept again.');
    } else if (question) setAsked('keep-nothing');
    else void chooseNothing(true);
  }

  return (
    <div className={css.panel}>
      <p>Your data, the model and the adapter stay in this browser. {enforcedText(facts.held)}</p>
      <p>
        <strong>Kept on this device:</strong>{' '}
        {facts.kept ? keptText(facts.kept, facts.examples, facts.signs) : 'looking…'}
      </p>
      <label className={css.choice}>
        <input
          type="checkbox"
          checked={nothing || asked === 'keep-nothing'}
          disabled={busy}
          onChange={(event) => {
            // Taken back before the question was answered.
            if (asked === 'keep-nothing') setAsked(null);
            else tick(event.currentTarget.checked);
          }}
        />
        <span>
          Keep nothing on disk
          <span className={css.hint}>
            Runs, models from the hub and the page itself are gone once you close this tab. Only this choice
            is kept.
          </span>
        </span>
      </label>
      {asked === 'keep-nothing' && (
        <>
          <p>{question}</p>
          <div className={css.ways}>
            <button type="button" className={shared.button} onClick={() => void chooseNothing(false)}>
              Keep it
            </button>
            <button type="button" className={shared.link} onClick={() => void chooseNothing(true)}>
              Erase it
            </button>
          </div>
        </>
      )}
      {asked !== 'keep-nothing' &&
        (asked === 'erase' ? (
          <div className={css.ways}>
            {/* First, where the other button stood: a second press in haste must not erase. */}
            <button type="button" className={shared.button} onClick={() => setAsked(null)}>
              Cancel
            </button>
            <button
              type="button"
              className={`${shared.link} ${css.forGood}`}
              onClick={() =>
                void carryOut(eraseEverything, 'Erased. What is open stays until you close this tab.')
              }
            >
              Erase for good
            </button>
          </div>
        ) : (
          <div className={css.ways}>
            <button type="button" className={shared.button} disabled={busy} onClick={() => setAsked('erase')}>
              Erase everything
            </button>
            {busy && <span className={css.hint}>Stop the run or the experiment first.</span>}
          </div>
        ))}
      <p ref={answer} role="status" tabIndex={-1} className={css.said}>
        {said}
      </p>
    </div>
  );
}
