import { stopExperiment } from '../actions/experiment.ts';
import { count, duration } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useLab } from '../state/lab.ts';
import css from './experiment.module.css';

interface ProgressProps {
  /** Which piece of how many is under way; null before the first. */
  piece: string | null;
  /** The same for those who cannot see it: of each piece once, and not of each answer. */
  said: string | null;
  /** What the button says. */
  stop: string;
}

/** Which piece is measured, how far it is, how long it will take, and an end to it. */
export function Progress({ piece, said, stop }: ProgressProps) {
  const { work, left, stopping } = useLab();
  const share = work?.total ? Math.min(1, work.done / work.total) : 0;
  const far = [
    work?.what,
    work?.total && `${count(work.done)} of ${count(work.total)}`,
    left !== null && `about ${duration(left)} left`,
  ];
  return (
    <div className={css.progress}>
      <div className={shared.between}>
        <span>{piece ?? 'Preparing'}</span>
        <button
          type="button"
          className={shared.button}
          disabled={stopping}
          onClick={() => void stopExperiment()}
        >
          {stopping ? 'Stopping…' : stop}
        </button>
      </div>
      <div className={shared.track} style={{ height: 3 }}>
        <i style={{ width: `${100 * share}%`, background: 'var(--accent)' }} />
      </div>
      <p className={`${shared.label} ${shared.figures}`}>{far.filter(Boolean).join(' · ')}</p>
      <p className={shared.hidden} role="status">
        {said}
      </p>
    </div>
  );
}
