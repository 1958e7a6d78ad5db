import { useId, useState } from 'react';
import { downloadAdapter } from '../actions/answers.ts';
import { bytes, count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import css from './answers.module.css';

/** The adapter as one file. While a run goes the box is already in its place, and says when. */
export function TakeAway({ place }: { place: 'tab' | 'card' | 'foot' }) {
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
  const size = 4 * trained + (bundled && includeBase ? model.bytes : 0);
  const going = isBusy(run.state);
  const about = downloading ? 'packing…' : `PEFT, ${bytes(size)}`;
  return (
    <div className={place === 'foot' ? css.take : undefined}>
      <div className={place === 'tab' ? css.takeBare : `${shared.card} ${css.takeCard}`}>
        {place !== 'tab' && (
          <h2 className={shared.heading}>
            Take it away <span>{going ? 'when the run ends' : `after step ${count(run.step)}`}</span>
          </h2>
        )}
        <button
          type="button"
          // The size stands in a pseudo-element: the button's name must not change with it.
          className={`${shared.main} ${css.download}`}
          aria-label="Download adapter"
          aria-description={about}
          data-about={about}
          disabled={going || downloading}
          onClick={() => void downloadAdapter(bundled && includeBase)}
        >
          Download adapter
        </button>
        {bundled && (
          <label className={css.tick} htmlFor={id} title="So that the folder works by itself">
            <input
              id={id}
              type="checkbox"
              checked={includeBase}
              onChange={(event) => setIncludeBase(event.currentTarget.checked)}
            />
            With the base model, {bytes(model.bytes)}
          </label>
        )}
        {error && <Trouble error={error} />}
      </div>
    </div>
  );
}
