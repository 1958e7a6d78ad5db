import { useId } from 'react';
import type { Mix } from '../../lab/tasks/mix.ts';
import { pickFiles } from '../actions/choose-files.ts';
import { settingsLocked } from '../actions/settings.ts';
import { changeTasks } from '../actions/tasks-inputs.ts';
import { Ask } from '../glossary/term.tsx';
import { shortName } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import { useTasks } from '../state/tasks.ts';
import { ROWS } from './task-list.tsx';
import css from './tasks.module.css';

/** How the steps are shared among the tasks. */
export function MixField() {
  const { mix, temperature } = useTasks();
  const locked = useApp(settingsLocked);
  const id = useId();
  return (
    <div className={css.input}>
      <span className={shared.label}>
        <label htmlFor={id}>Mix</label> <Ask term="mix" about="Mix" />
      </span>
      <span className={css.pick}>
        <select
          id={id}
          className={css.select}
          disabled={locked}
          value={mix}
          onChange={(event) => changeTasks({ mix: event.currentTarget.value as Mix })}
        >
          <option value="rows">By rows</option>
          <option value="even">Evenly</option>
          <option value="temperature">By temperature</option>
        </select>
        {mix === 'temperature' && (
          <input
            className={css.text}
            type="text"
            inputMode="decimal"
            autoComplete="off"
            aria-label="Temperature of the mix"
            disabled={locked}
            value={temperature}
            onChange={(event) => changeTasks({ temperature: event.currentTarget.value })}
          />
        )}
      </span>
    </div>
  );
}

/** What share of every training is replayed, and from where. */
export function ReplayField() {
  const { replayShare, replayFile } = useTasks();
  const locked = useApp(settingsLocked);
  const id = useId();
  return (
    <div className={css.input}>
      <span className={shared.label}>
        <label htmlFor={id}>Replay, %</label> <Ask term="replay" about="Replay" />
      </span>
      <input
        id={id}
        className={css.text}
        type="text"
        inputMode="decimal"
        autoComplete="off"
        placeholder="None. 5, for example"
        disabled={locked}
        value={replayShare}
        onChange={(event) => changeTasks({ replayShare: event.currentTarget.value })}
      />
      {replayShare.trim() !== '' && (
        <span className={css.files}>
          <span>of {replayFile ? shortName(replayFile.name, 28) : 'the page’s general rows'}</span>
          <button
            type="button"
            className={shared.accentLink}
            disabled={locked}
            aria-label="Choose a file of rows to replay"
            onClick={() => pickFiles(ROWS, false, ([file]) => changeTasks({ replayFile: file }))}
          >
            Choose a file
          </button>
          {replayFile && (
            <button
              type="button"
              className={shared.link}
              disabled={locked}
              onClick={() => changeTasks({ replayFile: null })}
            >
              General rows
            </button>
          )}
        </span>
      )}
    </div>
  );
}
