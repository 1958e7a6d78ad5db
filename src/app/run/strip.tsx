import { useState } from 'react';
import { lossRange } from '../drawing/aligned.ts';
import { linePath } from '../drawing/line-path.ts';
import { placeWords } from '../scrub/kept-steps.ts';
import { count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useHistory } from '../state/history.ts';
import { useApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import charts from './charts.module.css';
import css from './finished.module.css';
import { LossCard } from './loss-card.tsx';
import { MovementMap } from './movement-map.tsx';
import { FigureCharts, GradientNormChart, LearningRateChart } from './small-charts.tsx';
import { useScrub } from './use-scrub.ts';

const WIDTH = 600;
const HEIGHT = 56;

/** A finished run's curve, small; it unfolds into all charts. */
export function Strip() {
  const run = useApp((state) => state.run);
  const then = useThen(({ step }) => step);
  const kept = useThen(({ steps }) => steps.length > 0);
  const { at, handlers } = useScrub(run.step);
  const [asked, setOpen] = useState(false);
  // Runs laid over it need the room.
  const open = useHistory(({ shown }) => shown.length > 0) || asked;
  const { series, held } = run;
  const values = [...series.smooth, ...held.loss].filter(Number.isFinite);
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const frame = {
    width: WIDTH,
    height: HEIGHT,
    x: [0, Math.max(1, run.step)] as [number, number],
    y: lossRange(low, high),
  };
  const close = () => {
    setOpen(false);
    useHistory.setState({ shown: [] });
  };
  return (
    <>
      {!open && (
        <div className={`${shared.card} ${css.strip}`} data-tour="loss">
          <div className={css.stripCurve} data-kept={kept || undefined} {...handlers}>
            <svg
              width="100%"
              height={HEIGHT}
              viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
              preserveAspectRatio="none"
              role="img"
              aria-label="Loss curve of the run"
            >
              <path className={css.stripHeld} d={linePath(held.step, held.loss, frame)} />
              <path className={css.stripLine} d={linePath(series.step, series.smooth, frame)} />
            </svg>
            {kept && (
              <i className={css.stripThen} style={{ left: `${(100 * (then ?? run.step)) / frame.x[1]}%` }} />
            )}
          </div>
          <div className={css.stripFoot}>
            <span>step 0</span>
            <button type="button" className={shared.link} aria-expanded={false} onClick={() => setOpen(true)}>
              Show all charts
            </button>
            <span>{count(run.step)}</span>
          </div>
          {kept && <p className={shared.label}>{placeWords(at, then)}</p>}
        </div>
      )}
      {open && (
        <>
          <button type="button" className={shared.link} aria-expanded={true} onClick={close}>
            Fold the charts
          </button>
          <LossCard />
          <div className={charts.pair}>
            <LearningRateChart />
            <GradientNormChart />
            <FigureCharts />
          </div>
          <MovementMap />
        </>
      )}
    </>
  );
}
