import { useEffect, useRef, useState } from 'react';
import type { KeptData } from '../../worker/api.ts';
import { bytes } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { worker, workerIsHeld } from '../state/connection.ts';
import { pageError } from '../state/errors.ts';
import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { enforcedText } from './enforced.ts';
import { eraseEverything, keepNothing } from './erase.ts';
import { keepsNothing } from './keeping.ts';
import css from './privacy.module.css';

interface Facts {
  /** Whether the browser holds the workers to the page's policy. */
  held: boolean | null;
  kept: KeptData | null;
}

async function readFacts(): Promise<Facts> {
  const api = await worker();
  return { held: await workerIsHeld(), kept: await api.keptData() };
}

/** What the promise rests on, what is kept, and the two ways to have less of it. */
export function PrivacyPanel() {
  const busy = useApp((app) => app.starting || isBusy(app.run.state) || app.modelWork !== null);
  const [facts, setFacts] = useState<Facts>({ held: null, kept: null });
  const [nothing, setNothing] = useState(keepsNothing);
  const [asked, setAsked] = useState(false);
  const answer = useRef<HTMLParagraphElement>(null);
  const [said, setSaid] = useState('');

  useEffect(() => {
    readFacts()
      .then(setFacts)
      .catch((error) => setSaid(pageError(error).text));
  }, []);

  async function carryOut(work: () => Promise<void>, done: string): Promise<void> {
    setAsked(false);
    try {
      await work();
      setSaid(done);
    } catch (error) {
      setSaid(pageError(error).text);
    }
    setFacts(await readFacts().catch(() => ({ held: null, kept: null })));
    // What was pressed may be gone.
    answer.current?.focus();
  }

  return (
    <div className={css.panel}>
      <p>Data, model and adapter are read, computed and kept in this browser. {enforcedText(facts.held)}</p>
      <p>
        <strong>Kept on this computer:</strong> {facts.kept ? keptText(facts.kept) : 'looking …'}
      </p>
      <label className={css.choice}>
        <input
          type="checkbox"
          checked={nothing}
          disabled={busy}
          onChange={(event) => {
            const next = event.currentTarget.checked;
            setNothing(next);
            void carryOut(
              () => keepNothing(next),
              next
                ? 'From now on nothing is kept; what was kept is erased.'
                : 'Runs and models are kept again.',
            );
          }}
        />
        <span>
          Keep nothing on disk
          <span className={css.hint}>
            Runs, models from the hub and the page itself end with this tab. Only this choice is kept.
          </span>
        </span>
      </label>
      {asked ? (
        <div className={css.ways}>
          {/* First, where the other button stood: a second press in haste must not erase. */}
          <button type="button" className={shared.button} onClick={() => setAsked(false)}>
            Leave it
          </button>
          <button
            type="button"
            className={shared.link}
            onClick={() =>
              void carryOut(eraseEverything, 'Erased. What is open stays until you close this tab.')
            }
          >
            Erase it for good
          </button>
        </div>
      ) : (
        <div className={css.ways}>
          <button type="button" className={shared.button} disabled={busy} onClick={() => setAsked(true)}>
            Erase everything
          </button>
          {busy && <span className={css.hint}>Stop the run first.</span>}
        </div>
      )}
      <p ref={answer} role="status" tabIndex={-1} className={css.said}>
        {said}
      </p>
    </div>
  );
}

function keptText({ run, history, models, kernels }: KeptData): string {
  const parts = [
    run && `the unfinished run “${run.name}” with its data (${bytes(run.bytes)})`,
    history.count > 0 &&
      `${history.count} past ${history.count === 1 ? 'run' : 'runs'} with curve and adapter (${bytes(history.bytes)})`,
    models.count > 0 &&
      `${models.count} ${models.count === 1 ? 'model' : 'models'} from the hub (${bytes(models.bytes)})`,
    kernels && 'which kernels are fastest here',
  ].filter(Boolean);
  return parts.length > 0 ? `${parts.join(', ')}.` : 'nothing of yours.';
}
