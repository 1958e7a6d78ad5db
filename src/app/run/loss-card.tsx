import { Suspense, useCallback, useRef, useState } from 'react';
import { DashKey } from '../drawing/dash-key.tsx';
import { overlaysOf } from '../drawing/overlays.ts';
import { Term } from '../glossary/term.tsx';
import { useLaidOver } from '../history/use-laid-over.ts';
import { preloadLate } from '../region/late.tsx';
import { lazyPart } from '../region/lazy-part.tsx';
import { Region } from '../region/region.tsx';
import { placeWords } from '../scrub/kept-steps.ts';
import shared from '../shared/shared.module.css';
import { drawable, useHistory } from '../state/history.ts';
import type { RunView } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import css from './curve.module.css';

const loadChart = () => import('./loss-chart.tsx');
const LossChart = lazyPart(loadChart);

/** Fetches the chart's chunk, and other parts of a run, ahead of the first one. */
export function preloadChart(): void {
  // What fails here is told where the chart stands.
  loadChart().catch(() => {});
  preloadLate();
}

/** The loss curve with what its lines mean, and above it what the pointer is on. */
export function LossCard() {
  const doing = useApp(({ run }) => doingNow(run));
  const heldOut = useApp(({ run }) => run.held.step.length > 0);
  const idle = useApp(({ run }) => run.state === 'idle');
  const hint = useThen(({ steps, step }) =>
    step !== null
      ? placeWords(null, step)
      : steps.length > 0
        ? 'drag to zoom, the handle to go back'
        : 'drag to zoom',
  );
  const history = useHistory();
  const overlays = overlaysOf(drawable(history), history.shown, useLaidOver(history));
  const [reset, setReset] = useState<(() => void) | null>(null);
  const hover = useRef<HTMLSpanElement>(null);
  // Straight into the page: a pointer moves far more often than React should render.
  const onHover = useCallback((text: string | null) => {
    if (hover.current) hover.current.textContent = text ?? '';
  }, []);
  const onZoom = useCallback((next: (() => void) | null) => setReset(() => next), []);
  return (
    <div className={`${shared.card} ${css.curve}`} data-tour="loss">
      <div className={css.above}>
        <div className={css.legend}>
          {!idle && (
            <>
              <span>
                <Term term="smoothedLoss">training, smoothed</Term>
              </span>
              <span className={css.rawKey}>each step</span>
            </>
          )}
          {heldOut && (
            <span className={css.heldKey}>
              <Term term="evalFraction">held-out</Term>
            </span>
          )}
          {overlays.map(({ name, dash }, place) => (
            // Two runs may bear one name.
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            <span key={place} className={css.pastKey}>
              <DashKey dash={dash} />
              {name}
            </span>
          ))}
        </div>
        {reset ? (
          <button type="button" className={shared.accentLink} onClick={reset}>
            Reset zoom
          </button>
        ) : (
          <span className={doing ? css.doing : `${css.doing} ${css.hint}`}>{doing ?? hint}</span>
        )}
      </div>
      <div className={css.plot}>
        <Region name="The loss chart">
          <Suspense fallback={null}>
            <LossChart onHover={onHover} onZoom={onZoom} />
          </Suspense>
        </Region>
        <span ref={hover} className={css.readout} aria-hidden="true" />
      </div>
    </div>
  );
}

/** Work other than training steps, with its progress; null while the curve itself shows the progress. */
function doingNow(run: RunView): string | null {
  if (run.progress) {
    const { what, done, total } = run.progress;
    return total ? `${what}, ${Math.floor((100 * done) / total)} %` : what;
  }
  switch (run.state) {
    case 'loading':
      return run.detail || 'Preparing the model';
    case 'tuning':
      return 'Timing kernels on this GPU';
    case 'evaluating':
      return 'Evaluating and sampling';
    case 'saving':
      return 'Saving';
    case 'paused':
      return 'Paused';
    case 'failed':
      return null;
    case 'idle':
      return null;
    default:
      return run.step === 0 ? 'Starting' : null;
  }
}
