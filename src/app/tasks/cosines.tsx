import { type HeatColors, heatMapScene } from '../../lab/heat-map.ts';
import type { SiteCosines } from '../../merging/cosine.ts';
import type { KeptTasks } from '../../worker/api/api.ts';
import { Sideways } from '../experiment/sideways.tsx';
import { Term } from '../glossary/term.tsx';
import shared from '../shared/shared.module.css';
import css from './tasks.module.css';

/** As the theme has them, from the panel’s at 0. */
const COLORS: HeatColors = {
  ...{ ground: 'var(--panel)', ink: 'var(--ink)', faint: 'var(--ink-2)', none: 'var(--line-soft)' },
  shade: (value) =>
    `color-mix(in srgb, var(${value < 0 ? '--bad' : '--accent'}) ${Math.round(100 * Math.min(1, Math.abs(value)))}%, var(--panel))`,
};

/** How alike the changes of each two tasks are, layer by target. */
export function Cosines({ kept, cosines }: { kept: KeptTasks; cosines: readonly SiteCosines[] }) {
  const names = kept.plan.tasks.map(({ name }) => name);
  const pairs = names.flatMap((one, i) => names.slice(i + 1).map((other) => `${one} and ${other}`));
  return (
    <>
      {pairs.map((pair, i) => (
        <Sideways key={pair} className={`${shared.card} ${css.map}`} label={`Cosine of ${pair}`}>
          <p className={shared.label}>
            <Term term="cosine">Cosine</Term> of the changes of {pair}
          </p>
          <HeatMap
            about={`Cosine of the changes of ${pair} by layer and target`}
            cells={cosines.map(({ layer, target, cosines: all }) => ({ layer, target, value: all[i] }))}
          />
        </Sideways>
      ))}
    </>
  );
}

function HeatMap({ about, cells }: { about: string; cells: Parameters<typeof heatMapScene>[0] }) {
  const { width, height, lines, words } = heatMapScene(cells, COLORS);
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={about}>
      {lines.map(({ path, color }) => (
        <path key={path} d={path} style={{ fill: color }} />
      ))}
      {words.map(({ x, y, text, color, size, anchor }) => (
        <text key={`${x} ${y}`} x={x} y={y} fontSize={size} textAnchor={anchor} style={{ fill: color }}>
          {text}
        </text>
      ))}
    </svg>
  );
}
