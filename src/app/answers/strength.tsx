import { useId } from 'react';
import { askTunedAgain } from '../actions/answers.ts';
import shared from '../shared/shared.module.css';
import { setApp, useApp } from '../state/store.ts';
import css from './answers.module.css';

const MOST = 1.5;

/** How much of the adapter is added to the base: 0 is the base alone, 1 as trained. Letting go asks again. */
export function Strength() {
  const strength = useApp((state) => state.strength);
  const asking = useApp((state) => state.asking);
  const id = useId();
  return (
    <div className={css.strength}>
      <div className={shared.between}>
        <label htmlFor={id}>Strength of the adapter</label>
        <span className={`${shared.mono} ${shared.mute}`}>{strength.toFixed(2)}</span>
      </div>
      <input
        id={id}
        type="range"
        min={0}
        max={MOST}
        step={0.05}
        value={strength}
        disabled={asking}
        style={{ '--share': strength / MOST } as React.CSSProperties}
        onChange={(event) => setApp({ strength: Number(event.currentTarget.value) })}
        onPointerUp={() => void askTunedAgain()}
        onKeyUp={(event) => {
          if (/^(Arrow|Page|Home|End)/.test(event.key)) void askTunedAgain();
        }}
      />
    </div>
  );
}
