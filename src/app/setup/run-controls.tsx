import { pauseAction, resumeAction, stopAction, trainAction } from '../actions/registry.ts';
import { canTrain } from '../actions/run.ts';
import { Bars, Play, Square } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import css from './setup.module.css';

/** Train, or while a run holds the GPU: Pause or Resume, and Stop. */
export function RunControls() {
  const state = useApp((app) => app.run.state);
  const starting = useApp((app) => app.starting);
  const ready = useApp(canTrain);
  if (!isBusy(state)) {
    return (
      <button
        type="button"
        className={`${shared.main} ${css.train}`}
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
          type="button"
          className={shared.button}
          disabled={starting}
          onClick={() => void pauseAction.run()}
        >
          <Bars />
          Pause
        </button>
      )}
      <button
        type="button"
        className={shared.button}
        disabled={starting}
        onClick={() => void stopAction.run()}
      >
        <Square />
        Stop
      </button>
    </>
  );
}
