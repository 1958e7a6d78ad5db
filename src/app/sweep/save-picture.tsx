import { useState } from 'react';
import { scenePng } from '../../drawing/scene.ts';
import { fileName } from '../../files/file-name.ts';
import { settingOf } from '../../run/settings/list.ts';
import { save } from '../actions/take.ts';
import { curveScene } from '../drawing/curve-scene.ts';
import { dashOf } from '../drawing/overlays.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { EMPTY_RUN } from '../state/run.ts';
import { useSweep } from '../state/sweep.ts';

/** The curves as a picture for a slide. */
export function SavePicture({ disabled }: { disabled: boolean }) {
  const [error, setError] = useState<PageError | null>(null);
  return (
    <>
      <button
        type="button"
        className={shared.button}
        disabled={disabled}
        onClick={() => {
          setError(null);
          picture().catch((reason) => setError(pageError(reason)));
        }}
      >
        Save picture
      </button>
      {error && <Trouble error={error} what="The picture was not saved." />}
    </>
  );
}

async function picture(): Promise<void> {
  const { trials, of } = useSweep.getState();
  if (!of) return;
  const { label } = settingOf(of.key);
  const overlays = trials.map(({ value, run }, place) => ({
    ...{ name: `${label} ${value}`, dash: dashOf(place) },
    ...{ step: run.series.step, loss: run.series.smooth },
  }));
  save(await scenePng(curveScene({ run: EMPTY_RUN, overlays })), `${fileName(`sweep of ${label}`)}.png`);
}
