import { openFromHub } from '../actions/models.ts';
import { settingsLocked } from '../actions/settings.ts';
import { bytes, count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { setApp, useApp } from '../state/store.ts';
import css from './model.module.css';
import { fitOf, RECOMMENDED, type Recommended } from './recommended.ts';

/** Models that are known to train here, smallest first; a press fetches one. */
export function RecommendedList() {
  return (
    <section className={css.part} aria-labelledby="recommended">
      <h2 className={shared.heading} id="recommended">
        From the hub <span>downloaded once, kept in this browser</span>
      </h2>
      {RECOMMENDED.map((entry) => (
        <Pick key={entry.id} entry={entry} />
      ))}
    </section>
  );
}

function Pick({ entry }: { entry: Recommended }) {
  const locked = useApp(settingsLocked);
  const choice = useApp((state) => state.modelChoice);
  const hardware = useApp((state) => state.hardware);
  const token = useApp((state) => state.hub.token);
  const fit = fitOf(entry.parameters, hardware);
  const needsToken = entry.gated && token === '';
  const press = () => {
    // Shown in the field too, where the token of a gated one goes.
    setApp(({ hub }) => ({ hub: { ...hub, text: entry.id, revision: '' } }));
    void openFromHub(entry.id);
  };
  return (
    <button
      type="button"
      className={css.pick}
      data-no={fit.fits ? undefined : ''}
      aria-pressed={choice.kind === 'hub' && choice.id === entry.id}
      disabled={locked}
      onClick={press}
    >
      <span>
        {entry.name} <span className={css.size}>{bytes(entry.bytes)}</span>
      </span>
      <small>
        {entry.goodFor} {entry.licence}, reads {count(entry.contextLength)} tokens
        {fit.text && `, ${fit.text}`}
        {needsToken && '; gated: needs an access token'}.
      </small>
    </button>
  );
}
