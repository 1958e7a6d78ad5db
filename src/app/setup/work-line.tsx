import { bytes, count, duration } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import type { Work } from '../state/store.ts';

/** Long work in place: what, how far; where nothing is heard of it, a button that begins it again. */
export function WorkLine({
  work,
  inBytes = false,
  again,
}: {
  work: Work;
  inBytes?: boolean;
  again?(): void;
}) {
  const share = work.total ? Math.min(1, work.done / work.total) : null;
  const far = work.total
    ? inBytes || work.total > 1e5
      ? `${bytes(work.done)} of ${bytes(work.total)}`
      : `${count(work.done)} of ${count(work.total)}`
    : '';
  const pace =
    inBytes && work.speed
      ? `${bytes(Math.round(work.speed))}/s${work.total ? `, ${duration((work.total - work.done) / work.speed)} left` : ''}`
      : '';
  return (
    <div style={{ padding: '0 12px 10px 72px', display: 'grid', gap: 4 }}>
      <div className={shared.track} style={{ height: 3 }}>
        <i style={{ width: `${100 * (share ?? 0)}%`, background: 'var(--accent)' }} />
      </div>
      <span className={shared.label}>
        {[work.what, far, pace, work.long && 'taking long'].filter(Boolean).join(' · ')}
        {work.long && again && (
          <>
            {' '}
            <button type="button" className={shared.accentLink} onClick={again}>
              Try again
            </button>
          </>
        )}
      </span>
    </div>
  );
}
