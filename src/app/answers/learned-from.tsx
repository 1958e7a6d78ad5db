import { useEffect, useState } from 'react';
import type { Influence, PullingRow } from '../../worker/api/influence.ts';
import { tunedUse } from '../actions/answers.ts';
import { giveUpSpare } from '../actions/in-turn.ts';
import { Term } from '../glossary/term.tsx';
import { beginning, count, plural } from '../shared/format.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { worker } from '../state/connection.ts';
import type { Turn } from '../state/conversation.ts';
import { useDataView } from '../state/data-view.ts';
import { isAskedRaw } from '../state/prompt-form.ts';
import { requests } from '../state/requests.ts';
import { getApp, setApp, type Work } from '../state/store.ts';
import css from './learned-from.module.css';

/** Rows of each list. */
const MOST = 5;
/** Characters that a line could have room for. */
const SHOWN = 120;

const asking = requests();

/** The training rows that pull the adapter the way an answer would, beside those nearest by words. */
export default function LearnedFrom({ turn }: { turn: Pick<Turn, 'prompt' | 'tuned'> }) {
  const { prompt, tuned } = turn;
  const [found, setFound] = useState<Influence | null>(null);
  const [work, setWork] = useState<Work | null>({ what: 'Comparing with rows', done: 0, total: null });
  const [error, setError] = useState<PageError | null>(null);
  useEffect(() => {
    const request = asking.begin();
    giveUpSpare();
    const compare = async () => {
      const adapter = tunedUse()?.id ?? getApp().tuned;
      if (adapter === null) return;
      const raw = isAskedRaw(getApp());
      const asked = { adapter, prompt, answer: tuned ?? '', raw, most: MOST };
      const influence = await request.events(
        (events) => {
          for (const event of events) if (event.type === 'progress') setWork(event);
        },
        (api, listener) => api.influence(asked, listener),
      );
      if (request.latest) setFound(influence);
    };
    compare()
      .catch((reason) => request.latest && setError(pageError(reason)))
      .finally(() => request.latest && setWork(null));
    return () => {
      if (!request.latest) return;
      asking.end();
      void worker().then((api) => api.cancelInfluence());
    };
  }, [prompt, tuned]);

  if (error?.code === 'stopped') return <p className={shared.mute}>Stopped.</p>;
  if (error) return <Trouble error={error} what="The rows were not compared." />;
  if (!found)
    return (
      <div className={shared.between}>
        <span className={shared.mute} role="status">
          {work?.what}
          {work?.total ? `, ${count(Math.floor((100 * work.done) / work.total))} %` : '…'}
        </span>
        <button
          type="button"
          className={shared.link}
          onClick={() => void worker().then((api) => api.cancelInfluence())}
        >
          Stop comparing
        </button>
      </div>
    );
  return (
    <>
      <div className={css.lists}>
        <div>
          <h3 className={shared.label}>
            <Term term="influence">By gradient</Term>
          </h3>
          <Rows rows={found.pulling} />
        </div>
        <div>
          <h3 className={shared.label}>By words</h3>
          {found.nearest.length > 0 ? (
            <Rows rows={found.nearest} />
          ) : (
            <p className={shared.mute}>No row shares a word with it.</p>
          )}
        </div>
      </div>
      <p className={shared.label}>{limits(found)}</p>
    </>
  );
}

/** What was compared, and how far that reaches. */
function limits({ compared, trained, steps }: Influence): string {
  const rows =
    compared < trained
      ? `${count(compared)} of ${count(trained)} training rows`
      : plural(trained, 'training row');
  const looks = steps.length > 0 ? `, at ${plural(steps.length + 1, 'step')} of the run` : '';
  const { strength, run } = getApp();
  const whole = strength === 1 ? '' : ' at full strength';
  const loss =
    (run.summary?.objective ?? 'sft') === 'sft' ? '' : ' of cross-entropy, whatever the run minimised,';
  return `Cosine of the gradients${loss} of this answer and of ${rows}, by the adapter${whole}${looks}; 1 where both ask for the same change. A hint, not a proof: where rows were left out one by one, the order agreed with a rank correlation of 0.6 to 0.8, and rows that work only together are not seen.`;
}

function Rows({ rows }: { rows: readonly PullingRow[] }) {
  return (
    <ol className={css.rows}>
      {rows.map(({ row, question, answer, cosine }) => (
        <li key={row}>
          <button
            type="button"
            title="Show this row in Data"
            onClick={() => {
              useDataView.setState({ row });
              setApp({ tab: 'data', pane: 'answers' });
            }}
          >
            <span className={css.number}>{count(row + 1)}</span>
            <span className={css.text} dir="auto">
              {question ? `${beginning(question, SHOWN)} — ` : ''}
              {beginning(answer, SHOWN)}
            </span>
            <span className={css.cosine}>
              <span className={shared.hidden}>cosine </span>
              {cosine.toFixed(2)}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
