import { useState } from 'react';
import { take } from '../actions/take.ts';
import { count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { bytesOf, FORMS } from './forms.ts';
import { DownloadButton, WithBase } from './parts.tsx';
import css from './take.module.css';

/** The adapter as one file. While a run goes the box is already in its place, and says when. */
export function TakeAway({ place }: { place: 'card' | 'foot' }) {
  const run = useApp((state) => state.run);
  const model = useApp((state) => state.model);
  const estimate = useApp((state) => state.estimate);
  const error = useApp((state) => state.takeError);
  // The Python lines of the card run as they stand only with the base beside the adapter.
  const [includeBase, setIncludeBase] = useState(true);
  const [peft] = FORMS;
  const going = isBusy(run.state);
  const withBase = model?.kind === 'bundled' && includeBase;
  const trained = run.summary?.trainable_parameters ?? estimate?.trainableParameters ?? null;
  const adapter = model && bytesOf(peft, null, model, trained);
  return (
    <div className={place === 'foot' ? css.take : undefined}>
      <div className={`${shared.card} ${css.takeCard}`}>
        <h2 className={shared.heading}>
          Export <span>{going ? 'when the run ends' : `after step ${count(run.step)}`}</span>
        </h2>
        <DownloadButton
          form={peft}
          size={adapter === null ? null : adapter + (withBase ? model.bytes : 0)}
          disabled={going}
          onPress={(size) =>
            void take({ format: 'peft', dtype: null, includeBase: withBase, card: null }, size)
          }
        />
        {model?.kind === 'bundled' && <WithBase checked={includeBase} onChange={setIncludeBase} />}
        {going && <ToCluster />}
        {error && <Trouble error={error} />}
      </div>
    </div>
  );
}

/** The run as far as it was saved, for a machine that is larger than this one. */
function ToCluster() {
  const saved = useApp(({ run }) => run.marks.some(({ kind }) => kind === 'checkpoint'));
  const busy = useApp((state) => state.taking !== null);
  if (!saved) return null;
  return (
    <button
      type="button"
      className={shared.accentLink}
      title="A folder in which `accelerate launch train.py --data YOUR-FILE` continues from the last checkpoint"
      disabled={busy}
      onClick={() => void take({ format: 'continue', dtype: null, includeBase: true, card: null }, null)}
    >
      Continue this run on a GPU server
    </button>
  );
}
