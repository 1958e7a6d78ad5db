import { putLinkBack } from '../actions/link.ts';
import { settingsLocked } from '../actions/settings.ts';
import { count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { readLink } from '../state/link.ts';
import { useApp } from '../state/store.ts';
import css from './welcome.module.css';

/** Who follows a link is told what it has set, before anything runs, and can put it back. */
export function FromLink() {
  const link = useApp((state) => state.fromLink);
  const here = useApp((state) => state.estimate?.steps ?? null);
  const locked = useApp(settingsLocked);
  const samples = useApp((state) => state.samples);
  const said = link && readLink(link.hash);
  if (!said) return null;
  const { recipe, steps, refused } = said;
  const other = here !== null && here !== steps ? `, ${count(here)} here` : '';
  const length = steps === null ? '' : ` (${count(steps)} steps where it was copied${other})`;
  const { sample } = said;
  const missing = sample !== null && samples.length > 0 && samples.every(({ file }) => file !== sample);
  const left = [...refused, ...(missing ? [`There is no sample ${sample} here.`] : [])];
  return (
    <div className={css.notice} role="status">
      Recipe from a link: {recipe}
      {length}. {left.map((text) => `${text} `)}
      <button type="button" className={shared.accentLink} disabled={locked} onClick={putLinkBack}>
        Put back
      </button>
    </div>
  );
}
