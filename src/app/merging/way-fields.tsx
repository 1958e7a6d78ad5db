import { useId, useState } from 'react';
import { WAYS, wayOf } from '../../merging/list.ts';
import { changeMerge } from '../actions/merging.ts';
import type { TermId } from '../glossary/glossary.ts';
import { Slider } from '../glossary/slider.tsx';
import { Ask } from '../glossary/term.tsx';
import shared from '../shared/shared.module.css';
import { useMerging } from '../state/merging.ts';
import css from './merging.module.css';

const GROUPS = [
  {
    label: 'On changes of weights, as mergekit defines them',
    ways: WAYS.filter(({ id }) => !id.startsWith('peft-')),
  },
  {
    label: 'As PEFT’s add_weighted_adapter computes them',
    ways: WAYS.filter(({ id }) => id.startsWith('peft-')),
  },
];

/** The way, and what of it can be told; words are those of the command's list. */
export function WayFields() {
  const { way: id, density, rank, seed } = useMerging();
  const field = useId();
  const { about, formula, source, faults, takes } = wayOf(id);
  return (
    <div className={css.way}>
      <div className={css.fields}>
        <div className={css.field}>
          <span>
            <label htmlFor={field}>Way</label>
            <Ask term="mergeWay" about="Way" />
          </span>
          <select
            id={field}
            className={css.box}
            value={id}
            aria-describedby={`${field}-about`}
            onChange={(event) => changeMerge({ way: event.currentTarget.value })}
          >
            {GROUPS.map(({ label, ways }) => (
              <optgroup key={label} label={label}>
                {ways.map((way) => (
                  <option key={way.id} value={way.id}>
                    {way.label}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </div>
        {takes.rank && (
          <NumberField
            key="rank"
            label="Rank"
            term="rank"
            placeholder="the sources’ largest"
            value={rank}
            onChange={(value) => changeMerge({ rank: value })}
          />
        )}
        {takes.seed && (
          <NumberField
            key="seed"
            label="Seed"
            term="seed"
            value={seed}
            onChange={(value) => changeMerge({ seed: value ?? 0 })}
          />
        )}
        {takes.density && (
          <Slider
            label="Density"
            term="density"
            words={density.toFixed(2)}
            min={0.05}
            max={1}
            step={0.05}
            value={density}
            onChange={(value) => changeMerge({ density: value })}
          />
        )}
      </div>
      <p className={shared.mute} id={`${field}-about`}>
        {about}
      </p>
      <details className={css.fold}>
        <summary>What is computed</summary>
        <p className={css.formula}>{formula}</p>
        <p>δ is the change of a weight that a source makes, w what it counts, s its scale. From {source}.</p>
        {faults?.map((fault) => (
          <p key={fault}>{fault}</p>
        ))}
      </details>
    </div>
  );
}

/** A number as it is typed; empty: the usual one. What does not fit, whoever merges refuses in a sentence. */
function NumberField(props: {
  label: string;
  term: TermId;
  placeholder?: string;
  value: number | null;
  onChange(value: number | null): void;
}) {
  const { label, term, placeholder, value, onChange } = props;
  const [typed, setTyped] = useState(value === null ? '' : String(value));
  const id = useId();
  return (
    <div className={css.field}>
      <span>
        <label htmlFor={id}>{label}</label>
        <Ask term={term} about={label} />
      </span>
      <input
        id={id}
        type="text"
        inputMode="numeric"
        autoComplete="off"
        className={css.box}
        placeholder={placeholder}
        value={typed}
        onChange={({ currentTarget: { value: text } }) => {
          setTyped(text);
          onChange(text.trim() === '' ? null : Number(text));
        }}
      />
    </div>
  );
}
