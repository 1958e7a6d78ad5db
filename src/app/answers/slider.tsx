import { useId } from 'react';
import shared from '../shared/shared.module.css';
import css from './answers.module.css';

/** A range with its name above and what it stands at, in words. */
export function Slider(props: {
  label: string;
  title?: string;
  words: string;
  max: number;
  step: number;
  value: number;
  onChange(value: number): void;
}) {
  const { label, title, words, max, step, value } = props;
  const id = useId();
  return (
    <div className={css.strength}>
      <div className={shared.between}>
        <label htmlFor={id} title={title}>
          {label}
        </label>
        <span className={`${shared.mono} ${shared.mute}`}>{words}</span>
      </div>
      <input
        id={id}
        type="range"
        min={0}
        max={max}
        step={step}
        value={value}
        aria-valuetext={words}
        style={{ '--share': value / max } as React.CSSProperties}
        onChange={(event) => props.onChange(Number(event.currentTarget.value))}
      />
    </div>
  );
}
