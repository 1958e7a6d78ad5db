import { changeTime } from '../actions/answers.ts';
import { Slider } from '../glossary/slider.tsx';
import { count } from '../shared/format.ts';
import { useThen } from '../state/then.ts';

/** Which adapter of the run answers: one of those kept on the way, or at the right end the last. Escape returns to it. */
export function Time() {
  const { steps, step } = useThen();
  if (steps.length === 0) return null;
  return (
    // Not to be pressed itself: the key comes from the slider in it.
    // biome-ignore lint/a11y/noStaticElementInteractions: as above
    <div
      data-time
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || step === null) return;
        event.stopPropagation();
        changeTime(null);
      }}
    >
      <Slider
        label="At step"
        term="atStep"
        words={step === null ? 'last' : count(step)}
        max={steps.length}
        step={1}
        value={step === null ? steps.length : steps.indexOf(step)}
        onChange={(place) => changeTime(steps[place] ?? null)}
      />
    </div>
  );
}
