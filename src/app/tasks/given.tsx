import { useId } from 'react';
import { strategyLabel } from '../../lab/tasks/findings.ts';
import { STRATEGIES } from '../../lab/tasks/jobs.ts';
import { WAYS } from '../../merging/list.ts';
import type { KeptTasks } from '../../worker/api/api.ts';
import { settingsLocked } from '../actions/settings.ts';
import { changeTasks, ticked } from '../actions/tasks-inputs.ts';
import type { TermId } from '../glossary/glossary.ts';
import { Ask } from '../glossary/term.tsx';
import { plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import { useTasks } from '../state/tasks.ts';
import { MixField, ReplayField } from './mix-fields.tsx';
import { TaskList } from './task-list.tsx';
import css from './tasks.module.css';

/** PEFT’s ways are those of mergekit computed otherwise, and task arithmetic is the sum by another name. */
const OFFERED = WAYS.map(({ id }) => id).filter((id) => !id.startsWith('peft-') && id !== 'task-arithmetic');

/** What an experiment with several tasks is given: tasks, strategies, the mix, what is replayed, steps and seeds. */
export function Given() {
  const { strategies, ways, steps, seeds } = useTasks();
  const settings = useApp((app) => app.settings);
  return (
    <div className={`${shared.card} ${css.given}`}>
      <TaskList />
      <Ticks
        legend="Strategies"
        all={STRATEGIES}
        chosen={strategies}
        label={(name) => (name === 'merge' ? 'Apart, then merged' : strategyLabel(name))}
        onChange={(chosen) => changeTasks({ strategies: chosen })}
      />
      {strategies.includes('merge') && (
        <Ticks
          legend="Merged by"
          term="mergeWay"
          all={OFFERED}
          chosen={ways}
          label={(id) => WAYS.find((way) => way.id === id)!.label}
          onChange={(chosen) => changeTasks({ ways: chosen })}
        />
      )}
      <MixField />
      <ReplayField />
      <TextField
        label="Steps"
        term="steps"
        value={steps}
        placeholder={
          settings.steps === null
            ? `As ${plural(settings.epochs, 'epoch')} of all tasks take`
            : String(settings.steps)
        }
        onChange={(value) => changeTasks({ steps: value })}
      />
      <TextField
        label="Seeds"
        term="seed"
        value={seeds}
        placeholder={`${settings.seed}, or several: 0, 1, 2`}
        onChange={(value) => changeTasks({ seeds: value })}
      />
    </div>
  );
}

interface TicksProps<T extends string> {
  legend: string;
  term?: TermId;
  all: readonly T[];
  chosen: readonly T[];
  label(one: T): string;
  onChange(chosen: T[]): void;
}

function Ticks<T extends string>({ legend, term, all, chosen, label, onChange }: TicksProps<T>) {
  const locked = useApp(settingsLocked);
  return (
    <fieldset className={css.input}>
      <legend className={shared.label}>
        {legend} {term && <Ask term={term} about={legend} />}
      </legend>
      <span className={css.ticks}>
        {all.map((one) => (
          <label key={one} className={shared.smallTick}>
            <input
              type="checkbox"
              checked={chosen.includes(one)}
              disabled={locked}
              onChange={(event) => onChange(ticked(all, chosen, one, event.currentTarget.checked))}
            />
            {label(one)}
          </label>
        ))}
      </span>
    </fieldset>
  );
}

interface TextFieldProps {
  label: string;
  term: TermId;
  value: string;
  placeholder: string;
  onChange(value: string): void;
}

function TextField({ label, term, value, placeholder, onChange }: TextFieldProps) {
  const locked = useApp(settingsLocked);
  const id = useId();
  return (
    <div className={css.input}>
      <span className={shared.label}>
        <label htmlFor={id}>{label}</label> <Ask term={term} about={label} />
      </span>
      <input
        id={id}
        className={css.text}
        type="text"
        inputMode="numeric"
        autoComplete="off"
        disabled={locked}
        value={value}
        placeholder={placeholder}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}

/** The same of the experiment that is shown, in a few words. */
export function GivenWords({ kept: { plan, budget, given } }: { kept: KeptTasks }) {
  const tasks = plan.tasks.map(
    ({ name, rows, heldOut }) => `${name}: ${plural(rows, 'row')} and ${heldOut} held out`,
  );
  return (
    <p className={shared.faint}>
      {tasks.join('; ')}. {plural(budget.total, 'step')} in all for each strategy
      {plan.replay && `, ${100 * given.replay!.share} % of the rows replayed from ${plan.replay.name}`}.
    </p>
  );
}
