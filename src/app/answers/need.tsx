import { useMemo } from 'react';
import { METRIC_NAMES } from '../../data/metric.ts';
import { compareFirst, stopMeasuring } from '../actions/outcome.ts';
import { comparedRows } from '../outcome/figure.ts';
import { verdictOf } from '../outcome/verdict.ts';
import { percent, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useLadder } from '../state/ladder.ts';
import { useOutcome } from '../state/outcome.ts';
import { setApp, useApp } from '../state/store.ts';
import css from './need.module.css';

/** Before Train: whether a few examples in the prompt would do, measured on rows that the run would hold out. */
export function IsTrainingNeeded() {
  const ready = useApp(
    (app) => app.model !== null && app.data !== null && app.data.used > 1 && app.settings.evalFraction > 0,
  );
  const { rows, examples, work, error } = useOutcome();
  const compared = useMemo(() => comparedRows(rows, examples), [rows, examples]);
  const taken = useApp((app) => app.underWay !== null);
  const unfinished = useLadder(({ kept }) => kept !== null && !kept.done);
  if (!ready) return null;
  return (
    <section className={css.need} aria-labelledby="is-training-needed">
      <h2 className={shared.heading} id="is-training-needed">
        Is training what you need?
      </h2>
      {compared && !work ? (
        <>
          <dl className={css.shares}>
            <Share name="Base" value={compared.base} />
            <Share name={`With ${compared.examples} examples`} value={compared.prompted} />
          </dl>
          <p className={shared.faint}>
            {METRIC_NAMES[compared.metric]}, on {plural(compared.rows, 'held-out row')}
          </p>
          <p>{verdictOf(compared)}</p>
        </>
      ) : (
        <p className={shared.faint}>
          A few examples in the prompt may be enough. Facts that change often are better looked up.
        </p>
      )}
      {error && <Trouble error={error} what="The comparison was not finished." />}
      {work ? (
        <div className={shared.between}>
          <span className={shared.mute}>
            {work.what}
            {work.total ? `, ${work.done} of ${work.total}` : ''}
          </span>
          <button type="button" className={shared.accentLink} onClick={() => void stopMeasuring()}>
            Stop comparing
          </button>
        </div>
      ) : (
        <div className={css.ways}>
          <button
            type="button"
            className={shared.accentLink}
            disabled={taken}
            onClick={() => void compareFirst()}
          >
            {compared ? 'Compare again' : 'Compare first'}
          </button>
          <button
            type="button"
            className={shared.accentLink}
            onClick={() => setApp({ tab: 'lab', lab: 'ladder' })}
          >
            {unfinished ? 'Continue the ladder' : 'Measure search and training too'}
          </button>
        </div>
      )}
    </section>
  );
}

function Share({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <i style={{ width: `${100 * value}%` }} />
      </dd>
      <dd className={shared.figures}>{percent(value)}</dd>
    </div>
  );
}
