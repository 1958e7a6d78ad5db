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
}

/** Colours of the light theme, as every picture that leaves the page. */
const COLOR = {
  ground: '#ffffff',
  grid: '#efeeea',
  ink: '#5f5e59',
  other: '#a9a8a2',
  frontier: '#0a7d6c',
  chosen: '#b26a00',
};
const MARGIN = { left: 60, right: 90, top: 24, bottom: 44 };
const SIZE = 12;

/** Points by two figures, lower being better in both, with those on the frontier joined. */
export function scatterScene(
  points: readonly ScatterPoint[],
  names: { x: string; y: string },
  width = 900,
  height = 460,
): Scene {
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const [xs, ys] = [range(points.map(({ x }) => x)), range(points.map(({ y }) => y))];
  const at = ({ x, y }: { x: number; y: number }) => ({
    x: MARGIN.left + ((x - xs[0]) / (xs[1] - xs[0])) * inner.width,
    y: MARGIN.top + inner.height - ((y - ys[0]) / (ys[1] - ys[0])) * inner.height,
  });
  const lines: Line[] = [];
  const words: Words[] = [];
  const label = { color: COLOR.ink, size: SIZE } as const;
  for (const value of ticks(...ys, 6)) {
    const { y } = at({ x: xs[0], y: value });
    lines.push({ path: `M${MARGIN.left} ${fixed(y)}H${width - MARGIN.right}`, color: COLOR.grid, width: 1 });
    words.push({ ...label, x: MARGIN.left - 8, y: y + 4, text: String(value), anchor: 'end' });
  }
  for (const value of ticks(...xs, 8)) {
    const { x } = at({ x: value, y: ys[0] });
    lines.push({ path: `M${fixed(x)} ${MARGIN.top}V${height - MARGIN.bottom}`, color: COLOR.grid, width: 1 });
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
      color: COLOR.frontier,
      width: 1.6,
    });
  for (const point of points) {
    const { x, y } = at(point);
    const radius = point.chosen ? 6 : point.onFrontier ? 4 : 3;
    lines.push({
      path: `M${fixed(x - radius)} ${fixed(y)}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`,
      color: point.chosen ? COLOR.chosen : point.onFrontier ? COLOR.frontier : COLOR.other,
      width: 1,
      fill: true,
    });
    if (point.onFrontier || point.chosen)
      words.push({ ...label, x: x + radius + 4, y: y + 4, text: point.label, anchor: 'start' });
  }
  return { width, height, background: COLOR.ground, lines, words };
}

/** From the least to the largest with some room; around a single value, too. */
function range(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low) * 0.06 || Math.abs(high) * 0.06 || 1;
  return [low - room, high + room];
}

function fixed(value: number): string {
  return value.toFixed(1);
}
