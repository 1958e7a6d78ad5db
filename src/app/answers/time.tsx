import { useId } from 'react';
import { changeTime } from '../actions/answers.ts';
import { count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useThen } from '../state/then.ts';
import css from './answers.module.css';

/** Which moment of the run answers: one of the adapters that were kept on the way, or at the right end the last word. */
export function Time() {
  const { steps, step } = useThen();
  const id = useId();
  if (steps.length === 0) return null;
  const last = steps.length;
  const place = step === null ? last : steps.indexOf(step);
  const words = step === null ? 'now' : `step ${count(step)}`;
  return (
    <div className={css.strength}>
      <div className={shared.between}>
        <label htmlFor={id}>As it was at</label>
        <span className={`${shared.mono} ${shared.mute}`}>{words}</span>
      </div>
      <input
        id={id}
        type="range"
        min={0}
        max={last}
        step={1}
        value={place}
        aria-valuetext={words}
        style={{ '--share': place / last } as React.CSSProperties}
        onChange={(event) => changeTime(steps[Number(event.currentTarget.value)] ?? null)}
      />
    </div>
  );
}
