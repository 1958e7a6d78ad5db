import { useId, useState } from 'react';
import { downloadAdapter } from '../actions/answers.ts';
import { bytes, count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import css from './answers.module.css';

/** The adapter as one file. While a run goes the box is already in its place, and says when. */
export function TakeAway({ bare = false }: { bare?: boolean }) {
  const run = useApp((state) => state.run);
  const model = useApp((state) => state.model);
  const estimate = useApp((state) => state.estimate);
  const downloading = useApp((state) => state.downloading);
  const error = useApp((state) => state.takeError);
  // The Python lines of the card run as they stand only with the base beside the adapter.
  const [includeBase, setIncludeBase] = useState(true);
  const id = useId();
  const bundled = model?.kind === 'bundled';
  const trained = run.summary?.trainable_parameters ?? estimate?.trainableParameters ?? 0;
  const size = 4 * trained + (bundled && includeBase ? (model?.bytes ?? 0) : 0);
  const going = isBusy(run.state);
  return (
    <div className={bare ? css.takeBare : `${shared.card} ${css.take}`}>
      {!bare && (
        <h2 className={shared.heading}>
          Take it away{' '}
          <span>{going ? 'once the run has ended or is stopped' : `after step ${count(run.step)}`}</span>
        </h2>
      )}
      <button
        type="button"
        className={shared.main}
        aria-label="Download adapter"
        disabled={going || downloading}
        onClick={() => void downloadAdapter(bundled && includeBase)}
      >
        Download adapter
        <small>{downloading ? 'packing…' : `PEFT, ${bytes(size)}`}</small>
      </button>
      {bundled && (
        <label className={css.tick} htmlFor={id}>
          <input
            id={id}
            type="checkbox"
            checked={includeBase}
            onChange={(event) => setIncludeBase(event.currentTarget.checked)}
          />
          With the base model, so that the folder works by itself
        </label>
      )}
      {error && <Trouble error={error} />}
    </div>
  );
}
