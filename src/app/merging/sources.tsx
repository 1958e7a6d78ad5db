import type { ShelfEntry } from '../../worker/api/api.ts';
import { changeMerge, isChosen, nameOfEntry, place, removeFromShelf, weightOf } from '../actions/merging.ts';
import { Slider } from '../glossary/slider.tsx';
import { shapeOf } from '../setup/adapter-card.tsx';
import { bytes } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useMerging } from '../state/merging.ts';
import { useApp } from '../state/store.ts';
import css from './merging.module.css';

/** Most and least that an adapter counts in a merge. */
const MOST = 2;
const LEAST = -1;

/** Every adapter at hand, with a weight for each that goes in. */
export function Sources({ entries }: { entries: readonly ShelfEntry[] }) {
  return (
    <ul className={css.sources} aria-label="Adapters at hand">
      {entries.map((entry) => (
        <Source key={entry.id} entry={entry} />
      ))}
    </ul>
  );
}

function Source({ entry }: { entry: ShelfEntry }) {
  const state = useMerging();
  const finished = useApp((app) => app.run.state === 'finished' && app.tuned === entry.id);
  const name = nameOfEntry(entry);
  const on = isChosen(state, entry);
  const weight = weightOf(state, entry);
  return (
    <li className={`${shared.card} ${css.source}`}>
      <div className={css.head}>
        <label className={shared.tick}>
          <input
            type="checkbox"
            checked={on}
            onChange={(event) =>
              changeMerge({ chosen: { ...state.chosen, [entry.id]: event.currentTarget.checked } })
            }
          />
          <span className={css.name}>{name}</span>
        </label>
        <span className={css.ways}>
          <button
            type="button"
            className={shared.link}
            aria-label={`Use alone: “${name}”`}
            title="Puts this adapter in the set-up as it is"
            onClick={() => void place(entry.id)}
          >
            Use alone
          </button>
          {/* The run that is shown keeps its adapter. */}
          {!finished && (
            <button
              type="button"
              className={shared.link}
              aria-label={`Remove “${name}” from memory`}
              onClick={() => void removeFromShelf(entry.id)}
            >
              Remove
            </button>
          )}
        </span>
      </div>
      <p className={css.about}>
        {shapeOf(entry.settings)} · {bytes(entry.bytes)}
      </p>
      {entry.notes.map((note) => (
        <p key={note} className={css.about} role="status">
          {note}
        </p>
      ))}
      {on && (
        <Slider
          label="Weight"
          of={name}
          term="mergeWeight"
          words={weight.toFixed(2).replace('-', '−')}
          min={LEAST}
          max={MOST}
          step={0.05}
          value={weight}
          onChange={(value) => changeMerge({ weights: { ...state.weights, [entry.id]: value } })}
        />
      )}
    </li>
  );
}
