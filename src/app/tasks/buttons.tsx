import type { KeptTasks } from '../../worker/api/api.ts';
import { canExperiment } from '../actions/experiment.ts';
import { beginTasks, continueTasks, discardTasks, isOpenModel } from '../actions/tasks.ts';
import { tasksProblem } from '../actions/tasks-inputs.ts';
import { saveTasksReport } from '../actions/tasks-report.ts';
import { Begin } from '../experiment/begin.tsx';
import { EarlierVisit, WhatIsKept } from '../experiment/kept.tsx';
import shared from '../shared/shared.module.css';
import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { useTasks } from '../state/tasks.ts';
import css from './tasks.module.css';

/** What can be done while nothing of it is under way. */
export function TasksButtons() {
  const { kept, changing } = useTasks();
  const ready = useApp(canExperiment);
  const running = useApp(({ run }) => isBusy(run.state));
  return (
    <>
      {kept && !changing ? <GoOn kept={kept} ready={ready} /> : <BeginComparing ready={ready} />}
      {running && <p className={shared.faint}>A run is using the model. Compare once it has ended.</p>}
      <WhatIsKept
        what="the comparison"
        kept="What is measured is kept in this browser as it comes, with the rows and with adapters up to 64 MB together, until you discard or erase it."
      />
    </>
  );
}

function BeginComparing({ ready }: { ready: boolean }) {
  const view = useTasks();
  // What is open decides whether it can begin.
  useApp((app) => app.settings);
  useApp((app) => app.model);
  return (
    <>
      <Begin
        label="Compare strategies"
        ready={ready}
        problem={tasksProblem(view)}
        onBegin={() => void beginTasks()}
      >
        {view.changing && (
          <button
            type="button"
            className={shared.link}
            onClick={() => useTasks.setState({ changing: false, error: null })}
          >
            Cancel
          </button>
        )}
      </Begin>
      {view.changing && (
        <p className={shared.faint}>
          Strategies, ways and seeds can be added: what was measured stays. Other tasks or settings are
          measured again.
        </p>
      )}
    </>
  );
}

function GoOn({ kept, ready }: { kept: KeptTasks; ready: boolean }) {
  const { restored } = useTasks();
  const name = useApp((app) => app.model?.name ?? null);
  const { done, title, jobs, given } = kept;
  const other = name !== null && !isOpenModel(kept);
  const measured = jobs.filter((job) => job.measured).length;
  return (
    <>
      {restored && (
        <EarlierVisit
          what={`The comparison of the tasks “${title}”`}
          done={done}
          at={[measured, 'adapter']}
          missing={[]}
        />
      )}
      {!done && other && (
        <p className={shared.mute} role="status">
          It is of the model {given.model.name}. Open that to continue it.
        </p>
      )}
      <div className={css.ways}>
        {!done && (
          <button
            type="button"
            className={shared.button}
            disabled={!ready || other}
            onClick={() => void continueTasks()}
          >
            Continue
          </button>
        )}
        {kept.figures && kept.figures.result.strategies.length > 0 && (
          <button
            type="button"
            className={done ? shared.button : shared.accentLink}
            onClick={() => saveTasksReport(kept)}
          >
            Save report
          </button>
        )}
        <button
          type="button"
          className={shared.accentLink}
          disabled={!ready}
          onClick={() => useTasks.setState({ changing: true })}
        >
          Change
        </button>
        <button type="button" className={shared.link} disabled={!ready} onClick={() => void discardTasks()}>
          Discard
        </button>
      </div>
    </>
  );
}
