import type { ScatterColors } from '../../lab/scatter.ts';

/** Of the theme that is shown. */
export const SCATTER_COLORS: ScatterColors = {
  ground: 'none',
  grid: 'var(--line-soft)',
  ink: 'var(--ink-2)',
  other: 'var(--base)',
  frontier: 'var(--accent)',
  chosen: 'var(--held)',
};
