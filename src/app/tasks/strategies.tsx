import { criterionName } from '../../lab/criterion.ts';
import { points, range, strategyLabel } from '../../lab/tasks/findings.ts';
import { linesOf, type StrategyResult, type TaskFigure, type TasksResult } from '../../lab/tasks/result.ts';
import type { KeptTasks, TasksFigures } from '../../worker/api/api.ts';
import { canExperiment } from '../actions/experiment.ts';
import { endAdapters, openEnd } from '../actions/tasks.ts';
import { askedOf } from '../actions/tasks-record.ts';
import { saveEnd } from '../actions/tasks-report.ts';
import { Interval } from '../experiment/interval.tsx';
import { Sideways } from '../experiment/sideways.tsx';
import { Term } from '../glossary/term.tsx';
import { bytes, duration, loss, percent, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import css from './tasks.module.css';

interface ShownProps {
  kept: KeptTasks;
  figures: TasksFigures;
}

/** Tasks and strategies: each task’s figure, what was forgotten, the loss elsewhere, the time; and the adapters. */
export function Strategies({ kept, figures }: ShownProps) {
  const { result, seeds } = figures;
  const sequences = result.strategies.filter(({ tasks }) => tasks.some(({ learned }) => learned !== null));
  return (
    <>
      <Figures kept={kept} figures={figures} />
      {seeds.length < kept.given.seeds.length && (
        <p className={shared.faint}>
          {seeds.length === 1 ? `Of seed ${seeds[0]} so far.` : `Means over ${seeds.length} seeds so far.`}
        </p>
      )}
      {sequences.length > 0 && <Forgetting sequences={sequences} />}
      <Adapters kept={kept} />
    </>
  );
}

function Figures({ kept, figures: { result } }: ShownProps) {
  const metrics = [...new Set(kept.plan.tasks.map(({ metric }) => criterionName(metric)))];
  const names = kept.plan.tasks.map(({ name }) => name);
  const asked = askedOf(kept);
  const open = linesOf(asked).filter((line) => !result.strategies.some(({ name }) => name === line));
  return (
    <Sideways className={`${shared.card} ${css.card}`} label="Tasks and strategies">
      <table className={css.table} aria-label="Tasks and strategies">
        <thead>
          <tr>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">Mean</th>
          </tr>
        </thead>
        <BaseRow base={result.base} columns={names.length + 1} />
        {result.strategies.map((one) => (
          <Strategy key={one.name} of={one} columns={names.length + 1} />
        ))}
        {open.map((name) => (
          <tbody key={name}>
            <tr className={css.open}>
              <th scope="rowgroup" colSpan={names.length + 1}>
                {strategyLabel(name)}: not measured yet
              </th>
            </tr>
          </tbody>
        ))}
      </table>
      <p className={css.under}>
        <Term term="interval">{metrics.join(', ')}</Term>
        {' of the held-out rows, with the interval of 95 %'}
      </p>
    </Sideways>
  );
}

function BaseRow({ base, columns }: { base: TasksResult['base']; columns: number }) {
  const mean = base.tasks.reduce((sum, { metric }) => sum + metric, 0) / base.tasks.length;
  return (
    <Rows
      name="Base, before training"
      columns={columns}
      tasks={base.tasks}
      mean={mean}
      tuned={false}
      cost={base.elsewhere === null ? [] : [`general loss ${loss(base.elsewhere)}`]}
    />
  );
}

function Strategy({ of, columns }: { of: StrategyResult; columns: number }) {
  const { name, tasks, mean, elsewhere, seconds, memory_bytes, steps, merge_scales, intruders } = of;
  const cost = [
    ...(elsewhere === null ? [] : [`general loss ${loss(elsewhere)}`]),
    plural(steps, 'step'),
    duration(seconds),
    ...(memory_bytes === null ? [] : [bytes(memory_bytes)]),
    ...(merge_scales ? [`λ ${merge_scales.join(', ')}`] : []),
    ...(intruders === undefined ? [] : [plural(Math.round(intruders), 'intruder')]),
  ];
  return <Rows {...{ columns, tasks, cost, tuned: true }} name={strategyLabel(name)} mean={mean.metric} />;
}

interface RowsProps {
  name: string;
  columns: number;
  tasks: readonly Pick<TaskFigure, 'name' | 'metric' | 'interval'>[];
  mean: number;
  tuned: boolean;
  cost: readonly string[];
}

/** A strategy: its name over its figures, and below what it costs. */
function Rows({ name, columns, tasks, mean, tuned, cost }: RowsProps) {
  return (
    <tbody>
      <tr className={css.name}>
        <th scope="rowgroup" colSpan={columns}>
          {name}
        </th>
      </tr>
      <tr>
        {tasks.map((task) => (
          <td key={task.name}>
            <Interval of={task} tuned={tuned} />
          </td>
        ))}
        <td>{percent(mean)}</td>
      </tr>
      <tr className={css.cost}>
        <td colSpan={columns}>
          {cost.map((part) => (
            <span key={part}>{part}</span>
          ))}
        </td>
      </tr>
    </tbody>
  );
}

/** What each task had once it was learned, and what of it is left. */
function Forgetting({ sequences }: { sequences: readonly StrategyResult[] }) {
  return (
    <Sideways className={`${shared.card} ${css.card}`} label="Forgetting">
      <table className={css.table} aria-label="Forgetting">
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">Learned</th>
            <th scope="col">At the end</th>
            <th scope="col">
              <Term term="forgetting">Forgetting</Term>
            </th>
          </tr>
        </thead>
        {sequences.map(({ name, tasks }) => (
          <tbody key={name}>
            <tr className={css.name}>
              <th scope="rowgroup" colSpan={4}>
                {strategyLabel(name)}
              </th>
            </tr>
            {tasks.map((task) => (
              <tr key={task.name}>
                <th scope="row">{task.name}</th>
                <td>{percent(task.learned!)}</td>
                <td>{percent(task.metric)}</td>
                <td>
                  {points(task.forgetting!)}
                  <small>{range(task.forgetting_interval!)}</small>
                </td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </Sideways>
  );
}

/** What was made, to be opened on the page or saved. */
function Adapters({ kept }: { kept: KeptTasks }) {
  const ready = useApp(canExperiment);
  const adapters = endAdapters(kept);
  if (adapters.length === 0) return null;
  return (
    <details className={css.fold}>
      <summary>
        {plural(adapters.length, 'adapter')} <span>to open, compare and export</span>
      </summary>
      <ul className={css.adapters}>
        {adapters.map((one) => (
          <li key={one.name}>
            <span>{one.name}</span>
            {one.files ? (
              <span className={css.ways}>
                <button
                  type="button"
                  className={shared.accentLink}
                  disabled={!ready}
                  aria-label={`Open ${one.name}`}
                  onClick={() => void openEnd(one)}
                >
                  Open
                </button>
                <button
                  type="button"
                  className={shared.accentLink}
                  aria-label={`Save ${one.name}`}
                  onClick={() => void saveEnd(one)}
                >
                  Save
                </button>
              </span>
            ) : (
              <span className={shared.faint}>too large to be kept</span>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
