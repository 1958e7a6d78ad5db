import type { Line, Scene, Words } from '../../drawing/scene.ts';
import { ticks } from '../../drawing/ticks.ts';
import { count, small } from '../shared/format.ts';
import { shortTarget } from '../shared/target-name.ts';
import type { Movement, RunView } from '../state/run.ts';
import { lossRange } from './aligned.ts';
import { linePath } from './line-path.ts';
import { labelledLayers, movementGrid } from './movement-grid.ts';
import type { MovementWords } from './movement-words.ts';
import type { Overlay } from './overlays.ts';

/** Colours of the light theme: a picture that leaves the page is printed or laid on white. */
const COLOR = {
  ground: '#ffffff',
  grid: '#efeeea',
  ink: '#5f5e59',
  raw: '#7cc4b8',
  accent: '#0a7d6c',
  held: '#b26a00',
};

const MARGIN = { left: 52, right: 16, top: 16, bottom: 32 };
const SIZE = 12;

export interface Curves {
  run: Pick<RunView, 'series' | 'held' | 'best' | 'step'>;
  overlays: readonly Overlay[];
  /** Step that is pointed at. */
  at?: number;
}

/** The loss curve with axes and a legend: each step, smoothed, held-out, and what is laid over it. */
export function curveScene({ run, overlays, at: pointed }: Curves, width = 900, height = 420): Scene {
  const { series, held } = run;
  const values = [...overlays.flatMap(({ loss }) => loss), ...held.loss, ...series.loss].filter(
    Number.isFinite,
  );
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const y = lossRange(values.length > 0 ? low : null, values.length > 0 ? high : null);
  const last = Math.max(1, run.step, ...overlays.map(({ step }) => step.at(-1) ?? 0));
  const order = held.step.map((_, i) => i).sort((a, b) => held.step[a] - held.step[b]);
  const curves: Curve[] = [
    { text: 'each step', x: series.step, y: series.loss, color: COLOR.raw, width: 1 },
    ...overlays.map(({ name, step, loss, dash }) => ({
      text: name,
      x: step,
      y: loss,
      color: COLOR.ink,
      width: 1.6,
      dash,
    })),
    { text: 'training, smoothed', x: series.step, y: series.smooth, color: COLOR.accent, width: 2.2 },
    {
      text: 'held-out',
      x: order.map((i) => held.step[i]),
      y: order.map((i) => held.loss[i]),
      color: COLOR.held,
      width: 1.6,
      dash: [2, 4],
    },
  ].filter(({ x }) => x.length > 0);
  const legend = legendOf(curves, width);
  const top = MARGIN.top + legend.height;
  const inner = {
    width: width - MARGIN.left - MARGIN.right,
    height: height - top - MARGIN.bottom,
    x: [0, last] as [number, number],
    y,
  };
  const lines: Line[] = [...legend.lines];
  const words: Words[] = [...legend.words];
  for (const value of ticks(y[0], y[1], 5)) {
    const at = top + inner.height - ((value - y[0]) / (y[1] - y[0])) * inner.height;
    lines.push({
      path: `M${MARGIN.left} ${at.toFixed(1)}H${width - MARGIN.right}`,
      color: COLOR.grid,
      width: 1,
    });
    words.push({ ...LABEL, x: MARGIN.left - 8, y: at + 4, text: tickText(value), anchor: 'end' });
  }
  for (const value of ticks(0, last, 8)) {
    const at = MARGIN.left + (value / last) * inner.width;
    words.push({ ...LABEL, x: at, y: height - 10, text: count(value), anchor: 'middle' });
  }
  if (pointed !== undefined) {
    const at = MARGIN.left + (pointed / last) * inner.width;
    lines.push({ path: `M${at.toFixed(1)} ${top}V${top + inner.height}`, color: COLOR.ink, width: 1.5 });
  }
  for (const { x, y: ys, text: _, ...look } of curves)
    lines.push({ path: shifted(linePath(x, ys, inner), MARGIN.left, top), ...look });
  return { width, height, background: COLOR.ground, lines, words };
}

/** One series of the run over its steps, small, from zero or from its lowest value below: learning rate, gradient norm. */
export function seriesScene(
  title: string,
  steps: readonly number[],
  values: readonly number[],
  width = 440,
  height = 140,
): Scene {
  let [low, high] = [0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const last = Math.max(1, steps.at(-1) ?? 1);
  const frame = {
    width: width - MARGIN.left - MARGIN.right,
    height: height - 2 * ROW - 8,
    x: [0, last] as [number, number],
    y: [low * 1.06, high * 1.06 || (low < 0 ? 0 : 1)] as [number, number],
  };
  const top = ROW + 8;
  const zero = top + frame.height * (frame.y[1] / (frame.y[1] - frame.y[0]));
  return {
    width,
    height,
    background: COLOR.ground,
    lines: [
      { path: `M${MARGIN.left} ${zero}H${width - MARGIN.right}`, color: COLOR.grid, width: 1 },
      {
        path: shifted(linePath(steps, values, frame), MARGIN.left, top),
        color: COLOR.accent,
        width: 1.6,
      },
    ],
    words: [
      {
        ...LABEL,
        x: MARGIN.left,
        y: ROW - 4,
        text: low < 0 ? `${title}, ${small(low)} to ${small(high)}` : `${title}, at most ${small(high)}`,
        anchor: 'start',
      },
      { ...LABEL, x: MARGIN.left, y: height - 4, text: '0', anchor: 'start' },
      { ...LABEL, x: width - MARGIN.right, y: height - 4, text: count(last), anchor: 'end' },
    ],
  };
}

/** Layers × targets by how far each part has moved: the fuller the cell, the farther. */
export function movementScene(
  movement: Movement,
  order: readonly string[],
  said: MovementWords,
  width = 900,
): Scene {
  const { targets, layers, values, most } = movementGrid(movement, order);
  const left = 84;
  const cell = (width - left - MARGIN.right) / Math.max(1, layers);
  const top = ROW + 8;
  const box = (layer: number, row: number, share: number) => {
    const [x, y, w, h] = [left + layer * cell, top + row * ROW, cell > 4 ? cell - 2 : cell, ROW - 2];
    return `M${x.toFixed(1)} ${(y + h * (1 - share)).toFixed(1)}h${w.toFixed(1)}v${(h * share).toFixed(1)}h${(-w).toFixed(1)}z`;
  };
  const lines: Line[] = values.flatMap((row, target) =>
    row.flatMap((value, layer) => {
      if (value === null) return [];
      const share = most && most.value > 0 ? value / most.value : 0;
      return [
        { path: box(layer, target, 1), color: COLOR.grid, width: 0, fill: true },
        { path: box(layer, target, share), color: COLOR.accent, width: 0, fill: true },
      ];
    }),
  );
  const height = top + targets.length * ROW + ROW + 4;
  const words: Words[] = [
    {
      ...LABEL,
      x: left,
      y: ROW - 4,
      text: `${said.measure} by target and ${said.column}, full: ${most ? said.show(most.value) : '—'}`,
      anchor: 'start',
    },
    ...targets.map((target, row) => ({
      ...LABEL,
      x: left - 8,
      y: top + row * ROW + 13,
      text: shortTarget(target),
      anchor: 'end' as const,
    })),
    ...[...labelledLayers(layers)].map((layer) => ({
      ...LABEL,
      x: left + (layer + 0.5) * cell,
      y: height - 6,
      text: String(layer + said.first),
      anchor: 'middle' as const,
    })),
  ];
  return { width, height, background: COLOR.ground, lines, words };
}

interface Curve {
  text: string;
  x: readonly number[];
  y: readonly number[];
  color: string;
  width: number;
  dash?: readonly number[];
}

const LABEL = { color: COLOR.ink, size: SIZE };
const ROW = 20;

/** A key for each curve, in as many rows as the width asks for. */
function legendOf(curves: readonly Curve[], width: number) {
  const lines: Line[] = [];
  const words: Words[] = [];
  let x = MARGIN.left;
  let y = ROW;
  for (const { text, color, width: stroke, dash } of curves) {
    const short = text.length > 32 ? `${text.slice(0, 31)}…` : text;
    const room = 26 + 6.6 * short.length;
    if (x > MARGIN.left && x + room > width - MARGIN.right) {
      x = MARGIN.left;
      y += ROW;
    }
    lines.push({ path: `M${x.toFixed(1)} ${y - 4}h20`, color, width: stroke, dash });
    words.push({ ...LABEL, x: x + 26, y, text: short, anchor: 'start' });
    x += room + 24;
  }
  return { lines, words, height: y };
}

/** Path data of absolute M and L commands, moved. */
function shifted(path: string, dx: number, dy: number): string {
  return path.replace(
    /([ML])(-?[\d.]+) (-?[\d.]+)/g,
    (_, command, x, y) => `${command}${(Number(x) + dx).toFixed(1)} ${(Number(y) + dy).toFixed(1)}`,
  );
}

function tickText(value: number): string {
  return Number.isInteger(value * 10) ? value.toFixed(1) : value.toPrecision(2);
}
