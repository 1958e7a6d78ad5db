import { useEffect, useRef } from 'react';
import { pauseAction, resumeAction, stopAction, trainAction } from '../actions/registry.ts';
import { canTrain } from '../actions/run.ts';
import { Bars, Play, Square } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import css from './setup.module.css';

/** Train, or while a run holds the GPU: Pause or Resume, and Stop. What was pressed says so at once. */
export function RunControls() {
  const state = useApp((app) => app.run.state);
  const wish = useApp((app) => app.run.wish);
  const starting = useApp((app) => app.starting);
  const ready = useApp(canTrain);
  // While an unfinished run is on offer, going on with it is the bright thing.
  const saved = useApp((app) => app.saved !== null);
  const pause = useRef<HTMLButtonElement>(null);
  const going = isBusy(state) && !starting;
  useEffect(() => {
    // Train is gone once it was pressed, and the keyboard's focus with it.
    if (going && document.activeElement === document.body) pause.current?.focus();
  }, [going]);
  if (!isBusy(state)) {
    return (
      <button
        type="button"
        className={`${saved ? shared.button : shared.main} ${css.train}`}
        data-tour="train"
        disabled={!ready}
        onClick={() => void trainAction.run()}
      >
        Train
      </button>
    );
  }
  return (
    <>
      {state === 'paused' ? (
        <button type="button" className={shared.button} onClick={() => void resumeAction.run()}>
          <Play />
          Resume
        </button>
      ) : (
        <button
          ref={pause}
          type="button"
          className={shared.button}
          data-tour="pause"
          disabled={starting}
          onClick={() => void pauseAction.run()}
        >
          <Bars />
          {wish === 'pause' ? 'Pausing…' : 'Pause'}
        </button>
      )}
      <button
        type="button"
        className={shared.button}
        disabled={starting}
        title={wish === 'stop' ? 'Press again to end without the last measurement' : undefined}
        onClick={() => void stopAction.run()}
      >
        <Square />
        {wish === 'stop' ? 'Stopping…' : 'Stop'}
      </button>
    </>
  );
}
