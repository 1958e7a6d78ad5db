import { useState } from 'react';
import { take } from '../actions/take.ts';
import { adapterValues } from '../outcome/moved.ts';
import { count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { isBusy, keptStep } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { DownloadButton, WithBase } from './parts.tsx';
import { sizeOf } from './size.ts';
import css from './take.module.css';

/** The adapter as one file. While a run goes the box is already in its place, and says when. */
export function TakeAway({ place }: { place: 'card' | 'foot' }) {
  const run = useApp((state) => state.run);
  const model = useApp((state) => state.model);
  const estimate = useApp((state) => state.estimate);
  const error = useApp((state) => state.takeError);
  // The Python lines of the card run unchanged only if the base model is included.
  const [includeBase, setIncludeBase] = useState(true);
  const going = isBusy(run.state);
  const settings = useApp(({ runSettings }) => runSettings);
  const kept = keptStep(run, settings?.keep);
  const trained = run.summary?.trainable_parameters ?? estimate?.trainableParameters ?? null;
  const peft = useApp(({ exports }) => exports.find(({ id }) => id === 'peft'));
  if (!peft) return null;
  const withBase = model?.kind === 'bundled' && includeBase;
  const adapter = model && sizeOf(peft, null, model, trained && adapterValues(trained, settings));
  return (
    <div className={place === 'foot' ? css.take : undefined}>
      <div className={`${shared.card} ${css.takeCard}`}>
        <h2 className={shared.heading}>
          Export <span>{going ? 'when the run ends' : `after step ${count(kept)}`}</span>
        </h2>
        <DownloadButton
          format={peft}
          size={adapter}
          base={withBase ? model.bytes : 0}
          disabled={going}
          onPress={(size) =>
            void take({ format: peft.id, dtype: null, includeBase: withBase, card: null }, size)
          }
        />
        {model?.kind === 'bundled' && <WithBase checked={includeBase} onChange={setIncludeBase} />}
        {going && <ToCluster />}
        {error && <Trouble error={error} what="The download was not made." />}
      </div>
    </div>
  );
}

/** The run as far as it was saved, for a machine that is larger than this one. */
function ToCluster() {
  const saved = useApp(({ run }) => run.marks.some(({ kind }) => kind === 'checkpoint'));
  const busy = useApp((state) => state.taking !== null);
  const format = useApp(({ exports }) => exports.find(({ id }) => id === 'continue'));
  if (!saved || !format) return null;
  return (
    <button
      type="button"
      className={shared.accentLink}
      title={format.about}
      disabled={busy}
      onClick={() => void take({ format: format.id, dtype: null, includeBase: true, card: null }, null)}
    >
      {format.button}
    </button>
  );
}
