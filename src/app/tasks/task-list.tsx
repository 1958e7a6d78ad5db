import { HELD_OUT_SHARE } from '../../lab/tasks/usual.ts';
import type { TaskInput } from '../../worker/api/api.ts';
import { pickFiles } from '../actions/choose-files.ts';
import { settingsLocked } from '../actions/settings.ts';
import { addSample, addTasks, changeTask, removeTask } from '../actions/tasks-inputs.ts';
import { percent, shortName } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import { useTasks } from '../state/tasks.ts';
import css from './tasks.module.css';

export const ROWS = '.jsonl,.ndjson,.json,.csv,.tsv,.tab,.txt,.parquet,.gz';

/** The tasks by name, each with its rows, and what gives more of them. */
export function TaskList() {
  const tasks = useTasks((view) => view.tasks);
  return (
    <>
      {tasks.map((task, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a task is known by its place while its name is typed
        <Task key={place} task={task} place={place} />
      ))}
      <Add />
    </>
  );
}

function Task({ task: { name, file, heldOut }, place }: { task: TaskInput; place: number }) {
  const locked = useApp(settingsLocked);
  const share = useApp((app) => app.settings.evalFraction) || HELD_OUT_SHARE;
  return (
    <div className={css.input}>
      <span className={shared.label}>Task {place + 1}</span>
      <input
        className={css.text}
        type="text"
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        aria-label={`Name of task ${place + 1}`}
        disabled={locked}
        value={name}
        onChange={(event) => changeTask(place, { name: event.currentTarget.value })}
      />
      <span className={css.files}>
        <span>
          {shortName(file.name, 28)}, held out:{' '}
          {heldOut ? shortName(heldOut.name, 28) : `${percent(share)} of its rows`}
        </span>
        <button
          type="button"
          className={shared.accentLink}
          disabled={locked}
          aria-label={`Held-out file for ${name}`}
          onClick={() => pickFiles(ROWS, false, ([chosen]) => changeTask(place, { heldOut: chosen }))}
        >
          Held-out file
        </button>
        {heldOut && (
          <button
            type="button"
            className={shared.link}
            disabled={locked}
            aria-label={`Split off: ${name}`}
            onClick={() => changeTask(place, { heldOut: null })}
          >
            Split off
          </button>
        )}
        <button
          type="button"
          className={shared.link}
          disabled={locked}
          aria-label={`Remove ${name}`}
          onClick={(event) => {
            // The button goes, and the focus with it.
            const next = event.currentTarget.closest('fieldset, div')?.parentElement;
            removeTask(place);
            next?.querySelector<HTMLButtonElement>('[data-add]')?.focus();
          }}
        >
          Remove
        </button>
      </span>
    </div>
  );
}

function Add() {
  const locked = useApp(settingsLocked);
  const samples = useApp((app) => app.samples);
  const count = useTasks((view) => view.tasks.length);
  return (
    <div className={css.input}>
      <span className={shared.label}>{count === 0 ? 'Tasks' : 'More'}</span>
      {count === 0 && <span>Drop a file of rows for each, or take samples of the page.</span>}
      <span className={css.files}>
        <button
          type="button"
          className={shared.accentLink}
          disabled={locked}
          data-add
          aria-label="Choose files of tasks"
          onClick={() => pickFiles(ROWS, true, addTasks)}
        >
          Choose files
        </button>
        {samples.map((sample) => (
          <button
            key={sample.file}
            type="button"
            className={shared.link}
            disabled={locked}
            aria-label={`Take the sample ${sample.title}`}
            onClick={() => void addSample(sample)}
          >
            {sample.title}
          </button>
        ))}
      </span>
    </div>
  );
}
