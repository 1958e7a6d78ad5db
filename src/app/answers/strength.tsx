import { useId } from 'react';
import { changeStrength } from '../actions/answers.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import css from './answers.module.css';

const MOST = 1.5;

/** How much of the adapter is added to the base: 0 is the base alone, 1 as trained. Once it stands still, the tuned model answers again. */
export function Strength() {
  const strength = useApp((state) => state.strength);
  const id = useId();
  return (
    <div className={css.strength}>
      <div className={shared.between}>
        <label htmlFor={id} title="How much of the adapter is added to the base">
          Strength
        </label>
        <span className={`${shared.mono} ${shared.mute}`}>{strength.toFixed(2)}</span>
      </div>
      <input
        id={id}
        type="range"
        min={0}
        max={MOST}
        step={0.05}
        value={strength}
        style={{ '--share': strength / MOST } as React.CSSProperties}
        onChange={(event) => changeStrength(Number(event.currentTarget.value))}
      />
    </div>
  );
}
