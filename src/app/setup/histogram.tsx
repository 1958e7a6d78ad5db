import type { DataReport } from '../../data/types.ts';
import { count } from '../shared/format.ts';

/** Row lengths in tokens; those beyond the cut are amber. */
export function Histogram({
  histogram,
  cut,
  height = 30,
}: {
  histogram: DataReport['histogram'];
  cut: number;
  height?: number;
}) {
  const { binWidth } = histogram;
  const bins = gather(histogram.counts, 40);
  const width = 240 / bins.counts.length;
  const most = Math.max(1, ...bins.counts);
  const tokensAcross = bins.counts.length * bins.merged * binWidth;
  const cutAt = (240 * cut) / tokensAcross;
  return (
    <svg
      width="100%"
      height={height}
      viewBox={`0 0 240 ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Lengths of the rows, from 0 to ${count(tokensAcross)} tokens`}
      style={{ display: 'block' }}
    >
      {bins.counts.map((value, i) => {
        const tall = value === 0 ? 0 : Math.max(1, (value / most) * height);
        return (
          <rect
            // A bin has no name but its place.
            // biome-ignore lint/suspicious/noArrayIndexKey: bins never move
            key={i}
            x={i * width}
            y={height - tall}
            width={Math.max(0.5, width - 1)}
            height={tall}
            rx={1}
            fill={i * width >= cutAt - 0.01 ? 'var(--held)' : 'var(--base)'}
          />
        );
      })}
      {cutAt < 240 && (
        <line
          x1={cutAt}
          x2={cutAt}
          y1={0}
          y2={height}
          stroke="var(--held)"
          strokeDasharray="2 2"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
}

/** Neighbouring bins summed until at most `limit` are left; empty ones at the end dropped. */
export function gather(counts: readonly number[], limit: number): { counts: number[]; merged: number } {
  let last = counts.length;
  while (last > 1 && counts[last - 1] === 0) last--;
  const merged = Math.max(1, Math.ceil(last / limit));
  const out: number[] = [];
  for (let i = 0; i < last; i += merged) {
    out.push(counts.slice(i, Math.min(i + merged, last)).reduce((sum, value) => sum + value, 0));
  }
  return { counts: out, merged };
}
