import type { Line, Scene, Words } from '../drawing/scene.ts';
import { ticks } from '../drawing/ticks.ts';

/** One thing that was measured by two figures. */
export interface ScatterPoint {
  x: number;
  y: number;
  /** What it is, written beside it where it stands out. */
  label: string;
  /** Nothing is better in both; these are joined by a line. */
  onFrontier: boolean;
  /** What was chosen. */
  chosen?: boolean;
  /** Ends of an interval of y. */
  range?: readonly [number, number];
}

/** Colours of the light theme, as every picture that leaves the page. */
export const LIGHT = {
  ground: '#ffffff',
  grid: '#efeeea',
  ink: '#5f5e59',
  other: '#a9a8a2',
  frontier: '#0a7d6c',
  chosen: '#b26a00',
};
export type ScatterColors = Record<keyof typeof LIGHT, string>;
const MARGIN = { left: 60, right: 90, top: 24, bottom: 44 };
const SIZE = 12;
/** Points beyond this share of the width are named to their left. */
const LAST_PART = 0.8;

export interface ScatterOptions {
  width?: number;
  height?: number;
  /** x by its logarithm; all are above 0. */
  logarithmic?: boolean;
  colors?: ScatterColors;
  /** What y can be at most and at least: the room around the points ends there. */
  within?: readonly [number, number];
  /** How many lines of the grid there are about. */
  ticks?: { x: number; y: number };
}

/** Points by two figures, with those on the frontier joined. */
export function scatterScene(
  points: readonly ScatterPoint[],
  names: { x: string; y: string },
  {
    width = 900,
    height = 460,
    logarithmic = false,
    colors = LIGHT,
    within = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    ticks: about = { x: 8, y: 6 },
  }: ScatterOptions = {},
): Scene {
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const scale = logarithmic ? Math.log : (value: number) => value;
  const xs = range(points.map(({ x }) => scale(x)));
  const [low, high] = range(points.flatMap(({ y, range: ends = [y] }) => [y, ...ends]));
  const ys = [Math.max(low, within[0]), Math.min(high, within[1])] as const;
  const at = ({ x, y }: { x: number; y: number }) => ({
    x: MARGIN.left + ((scale(x) - xs[0]) / (xs[1] - xs[0])) * inner.width,
    y: MARGIN.top + inner.height - ((y - ys[0]) / (ys[1] - ys[0])) * inner.height,
  });
  const lines: Line[] = [];
  const words: Words[] = [];
  const label = { color: colors.ink, size: SIZE } as const;
  for (const value of ticks(...ys, about.y)) {
    const { y } = at({ x: 1, y: value });
    lines.push({ path: `M${MARGIN.left} ${fixed(y)}H${width - MARGIN.right}`, color: colors.grid, width: 1 });
    words.push({ ...label, x: MARGIN.left - 8, y: y + 4, text: String(value), anchor: 'end' });
  }
  for (const value of logarithmic ? powerTicks(...xs) : ticks(...xs, about.x)) {
    const { x } = at({ x: value, y: ys[0] });
    lines.push({
      path: `M${fixed(x)} ${MARGIN.top}V${height - MARGIN.bottom}`,
      color: colors.grid,
      width: 1,
    });
    words.push({ ...label, x, y: height - MARGIN.bottom + 18, text: String(value), anchor: 'middle' });
  }
  words.push(
    { ...label, x: MARGIN.left + inner.width / 2, y: height - 8, text: names.x, anchor: 'middle' },
    { ...label, x: 8, y: 14, text: names.y, anchor: 'start' },
  );
  const frontier = points.filter(({ onFrontier }) => onFrontier).sort((a, b) => a.x - b.x || b.y - a.y);
  if (frontier.length > 1)
    lines.push({
      path: frontier
        .map(at)
        .map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${fixed(x)} ${fixed(y)}`)
        .join(''),
      color: colors.frontier,
      width: 1.6,
    });
  for (const point of points) {
    const { x, y } = at(point);
    const radius = point.chosen ? 6 : point.onFrontier ? 4 : 3;
    const color = point.chosen ? colors.chosen : point.onFrontier ? colors.frontier : colors.other;
    if (point.range) {
      const [from, to] = point.range.map((end) => fixed(at({ x: point.x, y: end }).y));
      lines.push({ path: `M${fixed(x)} ${from}V${to}`, color, width: 1 });
    }
    lines.push({
      path: `M${fixed(x - radius)} ${fixed(y)}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`,
      color,
      width: 1,
      fill: true,
    });
    if (point.onFrontier || point.chosen) {
      // To the right of the last points there is no room.
      const left = x > MARGIN.left + LAST_PART * inner.width;
      const beside = left ? x - radius - 4 : x + radius + 4;
      words.push({ ...label, x: beside, y: y + 4, text: point.label, anchor: left ? 'end' : 'start' });
    }
  }
  return { width, height, background: colors.ground, lines, words };
}

/** From the least to the largest with some room; around a single value, too. */
function range(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low) * 0.06 || Math.abs(high) * 0.06 || 1;
  return [low - room, high + room];
}

/** 1, 2 and 5 times powers of ten between the logarithms of two ends. */
function powerTicks(from: number, to: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(from / Math.LN10); power <= to / Math.LN10; power++)
    found.push(...[1, 2, 5].map((digit) => Number((digit * 10 ** power).toPrecision(12))));
  return found.filter((value) => Math.log(value) >= from && Math.log(value) <= to);
}

function fixed(value: number): string {
  return value.toFixed(1);
}
