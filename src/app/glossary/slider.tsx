import { useId } from 'react';
import shared from '../shared/shared.module.css';
import type { TermId } from './glossary.ts';
import css from './slider.module.css';
import { Ask } from './term.tsx';

/** A range with its name above and what it stands at, in words. */
export function Slider(props: {
  label: string;
  term: TermId;
  title?: string;
  /** Of what, where several stand below one another: heard, and seen above it. */
  of?: string;
  words: string;
  min?: number;
  max: number;
  step: number;
  value: number;
  onChange(value: number): void;
}) {
  const { label, term, title, of, words, min = 0, max, step, value } = props;
  const id = useId();
  return (
    <div className={css.slider}>
      <div className={shared.between}>
        <span>
          <label htmlFor={id} title={title}>
            {label}
            {of && <span className={shared.hidden}> of {of}</span>}
          </label>
          <Ask term={term} about={label} />
        </span>
        <span className={`${shared.mono} ${shared.mute}`}>{words}</span>
      </div>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={words}
        style={{ '--share': (value - min) / (max - min) } as React.CSSProperties}
        onChange={(event) => props.onChange(Number(event.currentTarget.value))}
      />
    </div>
  );
}
