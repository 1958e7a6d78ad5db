import { useEffect } from 'react';
import { strategyLabel } from '../../lab/tasks/findings.ts';
import { tasksSections } from '../../lab/tasks/report.ts';
import type { KeptTasks, TasksFigures } from '../../worker/api/api.ts';
import { loadTasks } from '../actions/tasks.ts';
import { aboutOf } from '../actions/tasks-report.ts';
import { Finding } from '../experiment/finding.tsx';
import { Progress } from '../experiment/progress.tsx';
import { useKeptFocus } from '../experiment/use-kept-focus.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useApp } from '../state/store.ts';
import { useTasks } from '../state/tasks.ts';
import { TasksButtons } from './buttons.tsx';
import { Cosines } from './cosines.tsx';
import { Given, GivenWords } from './given.tsx';
import { Reduction } from './reduction.tsx';
import { Strategies } from './strategies.tsx';
import css from './tasks.module.css';

/** How should one model learn several tasks? The same steps, spent in several ways, and what each forgets. */
export default function SeveralTasks() {
  const { kept, changing, error, warnings, now } = useTasks();
  const comparing = useApp((app) => app.underWay === 'tasks');
  useEffect(() => void loadTasks(), []);
  const shown = changing ? null : kept;
  const buttons = useKeptFocus<HTMLDivElement>(`${comparing} ${changing} ${kept === null}`);
  const figures = shown?.figures ?? null;
  const notes = [...new Set([...(shown?.notes ?? []), ...warnings])];
  return (
    <>
      <section className={css.tasks} aria-labelledby="several-tasks">
        <h2 className={shared.heading} id="several-tasks">
          How should it learn several tasks?
        </h2>
        {shown && figures && !comparing && <Found kept={shown} figures={figures} />}
        {!shown && (
          <p className={shared.faint}>
            All at once, one after another, or apart and then merged: each strategy takes the same steps in
            all, and what it forgets is measured on held-out rows of every task. What is open on the page
            stays.
          </p>
        )}
        {shown ? <GivenWords kept={shown} /> : !comparing && <Given />}
        <div ref={buttons} className={css.tasks}>
          {comparing ? <Progress piece={now} said={now} stop="Stop comparison" /> : <TasksButtons />}
        </div>
        {error && <Trouble error={error} what="The comparison was not finished." />}
        {notes.map((note) => (
          <p key={note} className={shared.faint} role="status">
            {note}
          </p>
        ))}
      </section>
      {shown && figures && <Strategies kept={shown} figures={figures} />}
      {shown && figures && !comparing && <Reduction kept={shown} />}
      {shown?.cosines && <Cosines kept={shown} cosines={shown.cosines} />}
    </>
  );
}

/** What was found, a sentence for each thing; the first says most. */
function Found({ kept, figures }: { kept: KeptTasks; figures: TasksFigures }) {
  const strategies = figures.result.strategies.filter(({ name }) => name !== 'apart');
  if (strategies.length === 0) return null;
  const best = strategies.reduce((top, one) => (one.mean.metric > top.mean.metric ? one : top));
  const [first, ...more] = tasksSections(figures.result, aboutOf(kept, figures)).findings;
  return (
    <Finding
      label={kept.done ? 'Best over the tasks' : 'Best so far'}
      title={best.mean.metric === 0 ? 'Nothing is right' : strategyLabel(best.name)}
    >
      <p>{first}</p>
      {more.length > 0 && (
        <details className={css.fold}>
          <summary>What else was found</summary>
          {more.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </details>
      )}
    </Finding>
  );
}
