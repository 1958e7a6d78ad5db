import type { RunState } from '../../run/events.ts';
import type { PastRun } from '../../worker/api/api.ts';
import type { Drawable } from '../state/history.ts';
import type { RunView } from '../state/run.ts';

/** Points kept of a curve: twice what a screen can show of it. */
const MOST_POINTS = 2000;

/**
 * A run's smoothed loss and the objective's figures with at most so many points, first and last among them, and all its
 * held-out points.
 */
export function curveOf({
  series,
  held,
  figures,
}: Pick<RunView, 'series' | 'held' | 'figures'>): PastRun['curve'] {
  const { step, smooth } = series;
  const every = Math.max(1, Math.ceil(step.length / (MOST_POINTS - 1)));
  const places: number[] = [];
  for (let i = 0; i < step.length; i += every) places.push(i);
  if (places.length > 0 && places[places.length - 1] !== step.length - 1) places.push(step.length - 1);
  const order = held.step.map((_, i) => i).sort((a, b) => held.step[a] - held.step[b]);
  return {
    step: places.map((i) => step[i]),
    loss: places.map((i) => shortened(smooth[i])),
    heldStep: order.map((i) => held.step[i]),
    heldLoss: order.map((i) => held.loss[i]),
    ...(figures.length > 0
      ? {
          figures: figures.map((one) => {
            const values = series.figures[one.key] ?? [];
            return {
              ...one,
              values: places.map((i) => (Number.isFinite(values[i]) ? shortened(values[i]) : null)),
            };
          }),
        }
      : {}),
  };
}

const shortened = (value: number) => Number(value.toPrecision(6));

/** Dashes of lines laid over each other, so that colour is not the only sign; the first is whole. */
const DASHES: readonly (readonly number[])[] = [
  [],
  [6, 3],
  [2, 3],
  [9, 3, 2, 3],
  [12, 4],
  [1, 5],
  [14, 3, 2, 3, 2, 3],
  [5, 2, 5, 8],
];

/** From the ninth on they are drawn out, and what was whole is a long dash: a class has more than eight results. */
export function dashOf(place: number): readonly number[] {
  const dash = DASHES[place % DASHES.length];
  const turn = Math.floor(place / DASHES.length);
  return turn === 0 ? dash : (dash.length > 0 ? dash : [18, 4]).map((length) => length * (1 + turn));
}

/** A past run as it is laid over the chart. */
export interface Overlay {
  name: string;
  step: readonly number[];
  loss: readonly number[];
  dash: readonly number[];
  /** It is pointed at. */
  bold?: boolean;
}

/** What the height of a loss depends on besides training. */
export type Measured = Pick<PastRun, 'data' | 'dataSha256' | 'model'>;

/** What ticked runs are laid over: the run on the page, under way or ended, else the first of them. */
export function laidOver(
  {
    run,
    model,
    data,
    dataTitle,
  }: {
    run: { state: RunState };
    model: { name: string } | null;
    data?: { sha256: string } | null;
    dataTitle: string;
  },
  { runs, shown, current }: { runs: readonly Drawable[]; shown: readonly string[]; current: string | null },
): Measured | null {
  if (current === null && run.state !== 'idle')
    return { data: dataTitle, model: model?.name ?? '', ...(data && { dataSha256: data.sha256 }) };
  return runs.find(({ id }) => id === (current ?? shown[0])) ?? null;
}

/** Why the losses of two runs cannot be compared, in two words; null where they can. */
export function otherLosses(run: Measured, beside: Measured): string | null {
  const known = run.dataSha256 !== undefined && beside.dataSha256 !== undefined;
  const same = known ? run.dataSha256 === beside.dataSha256 : run.data === beside.data;
  if (!same) return 'Other data';
  return run.model === beside.model ? null : 'Another model';
}

/**
 * @param over as `laidOver`
 * @param pointed id of the one that is drawn bold
 */
export function overlaysOf(
  runs: readonly Drawable[],
  shown: readonly string[],
  over: Measured | null,
  pointed: string | null = null,
): Overlay[] {
  const ticked = shown.flatMap((id) => runs.find((other) => other.id === id) ?? []);
  return ticked.map((run, place) => {
    const other = over && otherLosses(run, over);
    const name = other ? `${run.name} (${other.toLowerCase()})` : run.name;
    const bold = run.id === pointed;
    return { name, step: run.curve.step, loss: run.curve.loss, dash: dashOf(place), ...(bold && { bold }) };
  });
}

/** Lowest and highest loss of overlays between two steps; null where none has a point there. */
export function overlayRange(
  overlays: readonly Overlay[],
  from: number,
  to: number,
): [number, number] | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { step, loss } of overlays) {
    for (let i = 0; i < step.length; i++) {
      if (step[i] < from || step[i] > to || !Number.isFinite(loss[i])) continue;
      low = Math.min(low, loss[i]);
      high = Math.max(high, loss[i]);
    }
  }
  return low <= high ? [low, high] : null;
}
