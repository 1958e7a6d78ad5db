import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { changeTime } from '../actions/answers.ts';
import { alignedSeries } from '../drawing/aligned.ts';
import { overlaysOf } from '../drawing/overlays.ts';
import { readout } from '../drawing/readout.ts';
import { nearestKept } from '../scrub/kept-steps.ts';
import { loss } from '../shared/format.ts';
import { drawable, type History, useHistory } from '../state/history.ts';
import type { RunView } from '../state/run.ts';
import { type AppState, getApp, setApp, useApp } from '../state/store.ts';
import { type Then, useThen } from '../state/then.ts';
import css from './curve.module.css';
import { createLossPlot, type LossPlot, type PlotView } from './loss-plot.ts';
import { focusTime } from './use-scrub.ts';

function plotView(
  { run, estimate }: Pick<AppState, 'run' | 'estimate'>,
  { runs, others, shown, pointed }: Pick<History, 'runs' | 'others' | 'shown' | 'pointed'>,
  { steps, step }: Pick<Then, 'steps' | 'step'>,
): PlotView {
  const last = run.series.smooth.at(-1);
  return {
    data: alignedSeries(run),
    step: run.step,
    // Until the first step tells, the plan does.
    steps: run.state === 'idle' ? 0 : run.steps || (estimate?.steps ?? 1),
    best: run.best && run.best.step > 0 ? run.best.step : null,
    marks: run.marks,
    label: last === undefined ? null : loss(last),
    overlays: overlaysOf(drawable({ runs, others }), shown, null, pointed),
    keptStep: steps.length > 0 ? (step ?? run.step) : null,
  };
}

/** The canvas of the loss curve. In its own chunk, since uPlot is needed only once a run goes. */
export default function LossChart(props: {
  /** Told the words for what the pointer is on, or null. */
  onHover(text: string | null): void;
  onZoom(reset: (() => void) | null): void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<LossPlot | null>(null);
  const run = useApp((state) => state.run);
  const estimate = useApp((state) => state.estimate);
  const runs = useHistory((state) => state.runs);
  const others = useHistory((state) => state.others);
  const shown = useHistory((state) => state.shown);
  const pointed = useHistory((state) => state.pointed);
  const steps = useThen((then) => then.steps);
  const step = useThen((then) => then.step);
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const { onHover, onZoom } = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot reads its colours when it is made, so another theme needs another plot
  useEffect(() => {
    if (!host.current) return;
    let drawn = plotView(getApp(), useHistory.getState(), useThen.getState());
    const made = createLossPlot(host.current, drawn, {
      hover: (index) => onHover(index === null ? null : readout(drawn.data, index)),
      zoom: (zoomed) => onZoom(zoomed ? made.reset : null),
      pick(step) {
        setApp({ tab: 'samples', focusStep: step, pane: 'answers' });
        scrubTo(step);
      },
      grasp: focusTime,
      scrub: scrubTo,
    });
    plot.current = {
      ...made,
      update(view) {
        drawn = view;
        made.update(view);
      },
    };
    return () => {
      plot.current = null;
      made.destroy();
      onHover(null);
      onZoom(null);
    };
  }, [scheme, onHover, onZoom]);

  useEffect(
    () =>
      plot.current?.update(plotView({ run, estimate }, { runs, others, shown, pointed }, { steps, step })),
    [run, estimate, runs, others, shown, pointed, steps, step],
  );

  return <div ref={host} className={css.canvas} role="img" aria-label={describe(run)} />;
}

/** To the kept step that is nearest; while a run goes there is none. */
function scrubTo(step: number): void {
  const { steps } = useThen.getState();
  if (steps.length > 0) changeTime(nearestKept(steps, step, getApp().run.step));
}

/** The picture in words, without the figures that change all the time. */
function describe(run: RunView): string {
  const first = run.series.smooth[0];
  return first === undefined ? 'Loss curve, still empty' : `Loss curve, ${loss(first)} at the start`;
}
