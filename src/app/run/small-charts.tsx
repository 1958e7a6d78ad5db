import { type ReactNode, useDeferredValue } from 'react';
import type { FigureInfo } from '../../objectives/objective.ts';
import { learningRate } from '../../run/schedule.ts';
import { linePath } from '../drawing/line-path.ts';
import type { TermId } from '../glossary/glossary.ts';
import { termOfFigure } from '../glossary/marks.ts';
import { Term } from '../glossary/term.tsx';
import { figure, small } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import css from './charts.module.css';

const WIDTH = 320;
const HEIGHT = 44;

function Small(props: {
  title: string;
  /** What explains it; null where nothing does. */
  term: TermId | null;
  value: string;
  about: string;
  children: ReactNode;
}) {
  const { title, term } = props;
  return (
    <div className={`${shared.card} ${css.small}`}>
      <div className={shared.between}>
        <h2 className={shared.heading}>{term === null ? title : <Term term={term}>{title}</Term>}</h2>
        <span className={`${shared.mono} ${shared.mute}`}>{props.value}</span>
      </div>
      <svg
        width="100%"
        height={HEIGHT}
        viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={props.about}
      >
        {props.children}
      </svg>
    </div>
  );
}

/** Drawn after the loss curve, in a task of its own: tens of thousands of points together would take too long. */
function useSeries() {
  return useDeferredValue(useApp(({ run }) => run.series));
}

/** The whole schedule ahead, dashed; what has been, drawn over it. */
export function LearningRateChart() {
  const series = useSeries();
  const steps = useApp(({ run }) => run.steps);
  const settings = useApp((state) => state.runSettings ?? state.settings);
  const total = Math.max(1, steps);
  const peak = settings.learningRate;
  const x: [number, number] = [1, Math.max(2, total)];
  const frame = { width: WIDTH, height: HEIGHT, x, y: [0, peak * 1.04] as [number, number] };
  const points = Math.min(total, WIDTH / 2);
  const ahead = Array.from({ length: points }, (_, i) =>
    Math.round(points === 1 ? 1 : 1 + (i * (total - 1)) / (points - 1)),
  );
  const last = series.learningRate.at(-1);
  return (
    <Small
      title="Learning rate"
      term="schedule"
      value={last === undefined ? '—' : small(last)}
      about={`Schedule: ${settings.schedule}, peak ${small(peak)}`}
    >
      {steps > 0 && (
        <path
          className={css.ahead}
          d={linePath(
            ahead,
            ahead.map((step) => learningRate(settings, step, total)),
            frame,
          )}
        />
      )}
      <path className={css.line} d={linePath(series.step, series.learningRate, frame)} />
    </Small>
  );
}

/** Length of the gradient before clipping; a dashed line where the clip is, if it is in sight. */
export function GradientNormChart() {
  const series = useSeries();
  const steps = useApp(({ run }) => run.steps);
  const clip = useApp((state) => (state.runSettings ?? state.settings).clip);
  let most = 0;
  for (const norm of series.gradNorm) if (Number.isFinite(norm) && norm > most) most = norm;
  const clipped = clip > 0 && clip <= 2 * most;
  const top = Math.max(most, clipped ? clip : 0) * 1.06 || 1;
  const frame = {
    width: WIDTH,
    height: HEIGHT,
    x: [1, Math.max(2, steps)] as [number, number],
    y: [0, top] as [number, number],
  };
  const last = series.gradNorm.at(-1);
  const at = HEIGHT - (clip / top) * HEIGHT;
  return (
    <Small
      title="Gradient norm"
      term="gradientNorm"
      value={last === undefined ? '—' : Number.isFinite(last) ? last.toPrecision(2) : 'not a number'}
      about={clip > 0 ? `Gradient norm by step; clipped at ${small(clip)}` : 'Gradient norm by step'}
    >
      {clipped && <line className={css.clip} x1={0} x2={WIDTH} y1={at} y2={at} />}
      <path className={css.line} d={linePath(series.step, series.gradNorm, frame)} />
    </Small>
  );
}

/** A chart for each figure that the objective reports besides the loss; zero is dashed where it is in range. */
export function FigureCharts() {
  const figures = useApp(({ run }) => run.figures);
  return figures.map((one) => <FigureChart key={one.key} about={one} />);
}

function FigureChart({ about: { key, label, unit, better } }: { about: FigureInfo }) {
  const series = useSeries();
  const steps = useApp(({ run }) => run.steps);
  const values = series.figures[key] ?? [];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const room = 0.04 * (high - low) || 1;
  const y: [number, number] = low <= high ? [low - room, high + room] : [0, 1];
  const frame = { width: WIDTH, height: HEIGHT, x: [1, Math.max(2, steps)] as [number, number], y };
  // A step need not tell it: KTO has no reward of answers that a step has none of.
  const last = values.findLast(Number.isFinite) ?? values.at(-1);
  const zero = HEIGHT * (1 + y[0] / (y[1] - y[0]));
  return (
    <Small
      title={label}
      term={termOfFigure(key)}
      value={last === undefined ? '—' : figure(last, unit)}
      about={better ? `${label} by step: ${better} is better` : `${label} by step`}
    >
      {zero > 0 && zero < HEIGHT && <line className={css.clip} x1={0} x2={WIDTH} y1={zero} y2={zero} />}
      <path className={css.line} d={linePath(series.step, values, frame)} />
    </Small>
  );
}
