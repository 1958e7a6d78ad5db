import { changeStrength } from '../actions/answers.ts';
import { useApp } from '../state/store.ts';
import { Slider } from './slider.tsx';

/** How much of the adapter is added to the base: 0 is the base alone, 1 as trained. */
export function Strength() {
  const strength = useApp((state) => state.strength);
  return (
    <Slider
      label="Strength"
      title="How much of the adapter is added to the base"
      words={strength.toFixed(2)}
      max={1.5}
      step={0.05}
      value={strength}
      onChange={changeStrength}
    />
  );
}
