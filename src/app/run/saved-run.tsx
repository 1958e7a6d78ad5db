import { discardSaved, missingFor, resumeSaved } from '../actions/saved.ts';
import { take } from '../actions/take.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useApp } from '../state/store.ts';
import css from './welcome.module.css';

/** Offers to resume the run that was in progress when the page was closed. */
export function SavedRunNote() {
  const saved = useApp((state) => state.saved);
  // What is open decides what is missing.
  useApp((state) => state.model);
  useApp((state) => state.dataTitle);
  const busy = useApp((state) => state.modelWork !== null || state.dataWork !== null);
  const taking = useApp((state) => state.taking !== null);
  const error = useApp((state) => state.takeError);
  if (!saved) return null;
  const missing = missingFor(saved);
  const began = new Date(saved.began).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <section className={css.saved} aria-label="Saved run">
      <p>
        <strong>{saved.name}</strong> was interrupted. It started on {began} and is saved at step {saved.step}
        .{missing.length > 0 && ` Drop ${missing.join(' and ')} on this page to resume it.`}
      </p>
      <div className={css.ways}>
        <button
          type="button"
          className={shared.main}
          disabled={busy || missing.length > 0}
          onClick={() => void resumeSaved()}
        >
          Resume run
        </button>
        <button
          type="button"
          className={shared.link}
          disabled={busy || taking}
          onClick={() => void take({ format: 'continue', dtype: null, includeBase: true, card: null }, null)}
        >
          Move to a GPU server
        </button>
        <button type="button" className={shared.link} onClick={() => void discardSaved()}>
          Discard
        </button>
      </div>
      {error && <Trouble error={error} what="The download was not made." />}
    </section>
  );
}
