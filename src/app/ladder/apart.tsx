import { useState } from 'react';
import { BY, type Part } from '../../lab/ladder/parts.ts';
import { type RungName, rungOf } from '../../lab/ladder/rungs.ts';
import { measureLadder, openLadderAdapter } from '../actions/ladder.ts';
import { Interval } from '../experiment/interval.tsx';
import { Term } from '../glossary/term.tsx';
import { plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useLadder } from '../state/ladder.ts';
import { useReady } from './buttons.tsx';
import css from './ladder.module.css';
import type { Measured } from './measured.ts';

/** Parts in sight before more are asked for. */
const FIRST = 6;

/** Where no rung is good enough: where the best one goes wrong, and an adapter for each kind of question. */
export function TakenApart({ kept }: { kept: Measured }) {
  const { parts, parts_rung: rung } = kept.result;
  if (parts.length === 0 && kept.apart === null) return null;
  return (
    <section className={css.answers} aria-labelledby="taken-apart">
      <h2 className={shared.heading} id="taken-apart">
        Taken apart
      </h2>
      {rung !== null && parts.length > 0 && (
        <>
          <p className={shared.faint}>
            No rung is good enough. {rungOf(rung as RungName).label} is the best; this is where it goes wrong,
            the worst part first.
          </p>
          <Parts parts={parts} />
        </>
      )}
      {kept.apart === null ? <TrainApart kept={kept} /> : <Adapters kept={kept} />}
    </section>
  );
}

function Parts({ parts }: { parts: readonly Part[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? parts : parts.slice(0, FIRST);
  return (
    <>
      <div className={`${shared.card} ${css.rungs}`}>
        <table className={css.table} aria-label="Parts">
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">
                <Term term="interval">Right</Term>
              </th>
              <th scope="col">Rows</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => (
              <tr key={`${one.by} ${one.part}`}>
                <th scope="row">
                  <span className={css.by}>{BY[one.by]} </span>
                  <span className={css.part}>{one.part}</span>
                </th>
                <td>
                  <Interval of={one} tuned={false} />
                </td>
                <td>{one.rows}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < parts.length && (
        <button type="button" className={shared.accentLink} onClick={() => setAll(true)}>
          {plural(parts.length - shown.length, 'better part')}
        </button>
      )}
    </>
  );
}

/** Offered where there are kinds to train for, with what it takes. */
function TrainApart({ kept: { kinds } }: { kept: Measured }) {
  const restored = useLadder((ladder) => ladder.restored);
  const ready = useReady();
  if (!kinds)
    return (
      <p className={shared.faint}>
        The training rows are too few, or too much of one kind, to train an adapter for each kind of question.
      </p>
    );
  return (
    <>
      <p className={shared.faint}>
        The training rows have {kinds.names.length} kinds of questions, known by these words:{' '}
        {kinds.names.map((name, kind) => `${name} (${plural(kinds.training[kind], 'row')})`).join('; ')}. Each
        adapter is trained with the settings of the page, on the rows of one kind.
      </p>
      <button
        type="button"
        className={shared.button}
        disabled={!ready || restored}
        title={restored ? 'Measure what is open first' : undefined}
        onClick={() => void measureLadder({ apart: true })}
      >
        Train one adapter for each kind
      </button>
    </>
  );
}

/** What was trained for each kind. */
function Adapters({ kept: { apart, rungs } }: { kept: Measured }) {
  const questions = rungs.find(({ name }) => name === 'apart')?.adapters ?? [];
  const ready = useReady();
  return (
    <div className={`${shared.card} ${css.given}`}>
      {questions.map(({ kind, training, heldOut }, place) => {
        const adapter = apart?.[place];
        return (
          <div key={kind} className={css.input}>
            <span className={shared.label}>Adapter {place + 1}</span>
            <span>
              {kind}: trained on {plural(training, 'row')}, answers {plural(heldOut, 'held-out row')}
            </span>
            {adapter && (
              <button
                type="button"
                className={shared.accentLink}
                disabled={!ready}
                aria-label={`Open the adapter for ${kind}`}
                onClick={() => void openLadderAdapter(adapter)}
              >
                Open
              </button>
            )}
          </div>
        );
      })}
    </div>
  );
}
