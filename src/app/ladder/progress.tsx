import { rungOf } from '../../lab/ladder/rungs.ts';
import { stopLadder } from '../actions/ladder-stop.ts';
import { count, duration } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useLadder } from '../state/ladder.ts';
import css from './ladder.module.css';

/** Which rung is measured, how far it is, how long it will take, and an end to it. */
export function LadderProgress() {
  const { work, left, now, stopping } = useLadder();
  const share = work?.total ? Math.min(1, work.done / work.total) : 0;
  const far = [
    work?.what,
    work?.total && `${count(work.done)} of ${count(work.total)}`,
    left !== null && `about ${duration(left)} left`,
  ];
  return (
    <div className={css.progress}>
      <div className={shared.between}>
        <span>{now ? `Rung ${now.place} of ${now.of}: ${rungOf(now.name).label}` : 'Preparing'}</span>
        <button type="button" className={shared.button} disabled={stopping} onClick={() => void stopLadder()}>
          {stopping ? 'Stopping…' : 'Stop ladder'}
        </button>
      </div>
      <div className={shared.track} style={{ height: 3 }}>
        <i style={{ width: `${100 * share}%`, background: 'var(--accent)' }} />
      </div>
      <p className={`${shared.label} ${shared.figures}`}>{far.filter(Boolean).join(' · ')}</p>
      {/* Of each rung once, not of each answer. */}
      <p className={shared.hidden} role="status">
        {now && `Measuring ${rungOf(now.name).label}, rung ${now.place} of ${now.of}`}
      </p>
    </div>
  );
}
