import { ticks } from '../../drawing/ticks.ts';
import { lossRange } from '../drawing/aligned.ts';
import { linePath } from '../drawing/line-path.ts';
import { dashOf } from '../drawing/overlays.ts';
import { Term } from '../glossary/term.tsx';
import type { Verdict } from '../outcome/sweep.ts';
import { count, loss } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import type { Trial } from '../state/sweep.ts';
import css from './sweep.module.css';

/** Of the drawing, which is stretched to its place. */
const [WIDTH, HEIGHT] = [1000, 200];
/** How far above the losses of the first steps the picture goes: a run that bursts leaves it. */
const ROOM = 1.5;

const COLORS: Record<Verdict, string> = {
  learns: 'var(--accent)',
  crawls: 'var(--ink-2)',
  diverges: 'var(--bad)',
  unknown: 'var(--base)',
};

/** The line of a run: its dashes tell it from the others, its colour says how it went. */
export function lookOf(place: number, verdict: Verdict | null) {
  return {
    fill: 'none',
    stroke: verdict ? COLORS[verdict] : 'var(--ink-2)',
    strokeWidth: 2,
    strokeDasharray: dashOf(place).join(' ') || undefined,
    vectorEffect: 'non-scaling-stroke',
  } as const;
}

/** Smoothed training losses over each other, as high as the losses of the first steps allow. */
export function SweepChart(props: { trials: readonly Trial[]; verdicts: readonly Verdict[] | null }) {
  const { trials, verdicts } = props;
  const all = trials.flatMap(({ run }) => run.series.smooth).filter(Number.isFinite);
  const firsts = trials.flatMap(({ run }) => run.series.smooth.slice(0, 1)).filter(Number.isFinite);
  const top = Math.min(Math.max(...all), ROOM * Math.max(...firsts));
  const y = lossRange(all.length > 0 ? Math.min(...all) : null, all.length > 0 ? top : null);
  const last = Math.max(1, ...trials.map(({ run }) => run.steps));
  const frame = { width: WIDTH, height: HEIGHT, x: [1, last] as [number, number], y };
  const lines = ticks(y[0], y[1], 4);
  const at = (value: number) => 1 - (value - y[0]) / (y[1] - y[0]);
  const said = trials
    .filter(({ run }) => run.series.smooth.length > 0)
    .map(
      ({ value, run }) => `${value} from ${loss(run.series.smooth[0])} to ${loss(run.series.smooth.at(-1)!)}`,
    );
  return (
    <figure className={css.figure}>
      <figcaption className={shared.label}>
        <Term term="smoothedLoss">Smoothed loss</Term> by step
      </figcaption>
      <div className={css.plot}>
        {lines.map((value) => (
          <span key={value} className={css.tick} style={{ top: `${100 * at(value)}%` }}>
            {value.toFixed(1)}
          </span>
        ))}
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={said.length > 0 ? `Smoothed loss: ${said.join('; ')}` : 'No loss yet'}
        >
          {lines.map((value) => (
            <path
              key={value}
              d={`M0 ${HEIGHT * at(value)}H${WIDTH}`}
              stroke="var(--line-soft)"
              vectorEffect="non-scaling-stroke"
            />
          ))}
          {trials.map(({ value, run }, place) => (
            <path
              key={value}
              d={linePath(run.series.step, run.series.smooth, frame)}
              {...lookOf(place, verdicts?.[place] ?? null)}
            />
          ))}
        </svg>
      </div>
      <div className={`${shared.between} ${css.steps}`}>
        <span>1</span>
        <span>{count(last)}</span>
      </div>
    </figure>
  );
}
