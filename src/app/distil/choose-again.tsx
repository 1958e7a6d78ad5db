import type { DistilInputs } from '../../worker/api/api.ts';
import { askModelFiles, readAdapter } from '../actions/distil-inputs.ts';
import { choiceOfFiles } from '../actions/model-pick.ts';
import shared from '../shared/shared.module.css';
import { type DistilView, type Role, useDistil } from '../state/distil.ts';
import css from './distil.module.css';

interface ChooseAgainProps {
  what: Role | 'adapter';
  given: DistilInputs;
}

/** What this browser does not keep, and what is left to do needs. */
export function ChooseAgain({ what, given }: ChooseAgainProps) {
  const ofAdapter = what === 'adapter';
  const called = ofAdapter
    ? `The teacher’s adapter ${given.adapter?.name}`
    : `The ${what} ${given[what].model.name}`;
  return (
    <p className={css.ways} role="status">
      <span className={shared.mute}>{called} is not kept in this browser. Choose it again to go on.</span>
      <button type="button" className={shared.accentLink} onClick={() => choose(what, null)}>
        Choose its folder
      </button>
      <button
        type="button"
        className={shared.accentLink}
        onClick={() => choose(what, ofAdapter ? '.zip' : '.gguf')}
      >
        {ofAdapter ? 'Choose its zip' : 'Choose its GGUF file'}
      </button>
    </p>
  );
}

function choose(what: Role | 'adapter', accept: string | null): void {
  const set = (change: DistilView['again']) =>
    useDistil.setState(({ again }) => ({ again: { ...again, ...change }, error: null }));
  askModelFiles(accept, async (files) => {
    if (what !== 'adapter') {
      set({ [what]: choiceOfFiles(files).choice });
      return;
    }
    const adapter = await readAdapter(files);
    if (adapter) set({ adapter: adapter.files });
  });
}
