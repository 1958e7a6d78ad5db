import { changeStrength } from '../actions/answers.ts';
import { Slider } from '../glossary/slider.tsx';
import { useApp } from '../state/store.ts';

/** How much of the adapter is added to the base: 0 is the base alone, 1 as trained. Virtual tokens are there or not. */
export function Strength() {
  const strength = useApp((state) => state.strength);
  const method = useApp(({ runSettings, adapter }) => runSettings?.method ?? adapter?.info.settings.method);
  const common = { label: 'Strength', term: 'strength' as const, onChange: changeStrength };
  if (method === 'prompt' || method === 'prefix')
    return (
      <Slider
        {...common}
        title="Virtual tokens stand in front of the row or do not: there is nothing in between"
        words={strength === 0 ? 'off' : 'on'}
        max={1}
        step={1}
        value={strength === 0 ? 0 : 1}
      />
    );
  return (
    <Slider
      {...common}
      title="How much of the adapter is added to the base"
      words={strength.toFixed(2)}
      max={1.5}
      step={0.05}
      value={strength}
    />
  );
}
