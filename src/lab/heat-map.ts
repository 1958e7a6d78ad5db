import type { Line, Scene, Words } from '../drawing/scene.ts';

/** A value in [−1, 1] of one part of a model; null: not known. */
export interface HeatCell {
  layer: number;
  target: string;
  value: number | null;
}

export interface HeatColors {
  ground: string;
  ink: string;
  faint: string;
  /** Of a value that is not known. */
  none: string;
  /** From the ground’s at 0 to the whole colour at −1 and 1. */
  shade(value: number): string;
}

const ABOVE = [10, 125, 108];
const BELOW = [179, 38, 30];
/** Colours of the light theme, as every picture that leaves the page: accent above 0, trouble below. */
const COLORS: HeatColors = {
  ...{ ground: '#ffffff', ink: '#1c1c1a', faint: '#5f5e59', none: '#efeeea' },
  shade(value) {
    const strength = Math.min(1, Math.abs(value));
    const to = value < 0 ? BELOW : ABOVE;
    const channels = to.map((channel) => Math.round(255 + (channel - 255) * strength));
    return `#${channels.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
  },
};
const MARGIN = { left: 96, right: 16, top: 12, bottom: 44 };
const CELL = { width: 44, height: 26 };
/** With more columns cells are narrower, and have no numbers. */
const MOST_WITH_NUMBERS = 20;
const NARROW = 18;
const SIZE = 12;
/** Words have the ground’s colour on cells that are darker than this: each where both can be read about as well. */
const DARK = { above: 0.85, below: 0.7 };

/** Layers from left to right, targets from top to bottom in the order in which they come. */
export function heatMapScene(cells: readonly HeatCell[], colors = COLORS): Scene {
  const targets = [...new Set(cells.map(({ target }) => target))];
  const layers = [...new Set(cells.map(({ layer }) => layer))].sort((a, b) => a - b);
  const numbered = layers.length <= MOST_WITH_NUMBERS;
  const wide = numbered ? CELL.width : NARROW;
  const width = MARGIN.left + layers.length * wide + MARGIN.right;
  const height = MARGIN.top + targets.length * CELL.height + MARGIN.bottom;
  const lines: Line[] = [];
  const words: Words[] = [];
  for (const { layer, target, value } of cells) {
    const x = MARGIN.left + layers.indexOf(layer) * wide;
    const y = MARGIN.top + targets.indexOf(target) * CELL.height;
    lines.push({
      path: `M${x} ${y}h${wide - 1}v${CELL.height - 1}h${1 - wide}z`,
      color: value === null ? colors.none : colors.shade(value),
      width: 1,
      fill: true,
    });
    if (numbered)
      words.push({
        ...{ x: x + (wide - 1) / 2, y: y + CELL.height / 2 + 4, size: SIZE, anchor: 'middle' },
        text: value === null ? '–' : hundredths(value),
        color: isDark(value) ? colors.ground : colors.ink,
      });
  }
  const label = { color: colors.faint, size: SIZE } as const;
  const bottom = MARGIN.top + targets.length * CELL.height;
  for (const [row, target] of targets.entries())
    words.push({
      ...{ ...label, x: MARGIN.left - 8, y: MARGIN.top + (row + 0.5) * CELL.height + 4 },
      ...{ text: target, anchor: 'end' },
    });
  const every = numbered ? 1 : 5;
  for (const [column, layer] of layers.entries())
    if (column % every === 0)
      words.push({
        ...{ ...label, x: MARGIN.left + (column + 0.5) * wide, y: bottom + 16 },
        ...{ text: String(layer), anchor: 'middle' },
      });
  words.push({
    ...{ ...label, x: MARGIN.left + (layers.length * wide) / 2, y: bottom + 34 },
    ...{ text: 'Layer', anchor: 'middle' },
  });
  return { width, height, background: colors.ground, lines, words };
}

function isDark(value: number | null): boolean {
  return value !== null && (value > DARK.above || value < -DARK.below);
}

function hundredths(value: number): string {
  const text = value.toFixed(2).replace('-', '−');
  return text === '−0.00' ? '0.00' : text;
}
