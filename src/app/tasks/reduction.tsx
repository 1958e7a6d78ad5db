import { useId } from 'react';
import { strategyLabel } from '../../lab/tasks/findings.ts';
import { reducedName } from '../../lab/tasks/jobs.ts';
import type { KeptTasks } from '../../worker/api/api.ts';
import { canExperiment } from '../actions/experiment.ts';
import { changeLambda, isOpenModel, reduceLine, reducible } from '../actions/tasks.ts';
import { Slider } from '../glossary/slider.tsx';
import { percent } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import { useTasks } from '../state/tasks.ts';
import css from './tasks.module.css';

/** After training: how much is left of intruder dimensions, and what that does to every task and elsewhere. */
export function Reduction({ kept }: { kept: KeptTasks }) {
  const lines = reducible(kept);
  const chosen = useTasks((view) => view.line);
  const ready = useApp(canExperiment);
  useApp((app) => app.model);
  const id = useId();
  if (lines.length === 0) return null;
  const line = chosen !== null && lines.includes(chosen) ? chosen : lines[0];
  const measured = kept.figures?.result.strategies.some(({ name }) => name === reducedName(line));
  return (
    <section className={`${shared.card} ${css.reduce}`} aria-label="Reduce intruder dimensions">
      <Slider
        label="Left of intruder dimensions"
        term="intruders"
        words={percent(kept.lambda)}
        max={0.95}
        step={0.05}
        value={kept.lambda}
        onChange={(lambda) => void changeLambda(lambda)}
      />
      <div className={css.ways}>
        <label htmlFor={id} className={shared.mute}>
          in
        </label>
        <select
          id={id}
          className={css.select}
          aria-label="Which adapter is reduced"
          value={line}
          onChange={(event) => useTasks.setState({ line: event.currentTarget.value })}
        >
          {lines.map((name) => (
            <option key={name} value={name}>
              {strategyLabel(name)}
            </option>
          ))}
        </select>
        <button
          type="button"
          className={shared.accentLink}
          disabled={!ready || measured || !isOpenModel(kept)}
          onClick={() => void reduceLine(line)}
        >
          Reduce and measure
        </button>
      </div>
      {measured && (
        <p className={shared.faint} role="status">
          Measured: its figures stand in the table above.
        </p>
      )}
    </section>
  );
}
