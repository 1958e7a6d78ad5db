import type { ReactNode } from 'react';
import type { TermId } from '../glossary/glossary.ts';
import { Term } from '../glossary/term.tsx';
import { count, duration, loss } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import css from './headline.module.css';

/** A number that the run changes, under its name; the place is fixed. */
export function Figure(props: {
  label: string;
  /** What explains it; null where nothing needs to. */
  term: TermId | null;
  children: ReactNode;
  className?: string;
}) {
  const { label, term } = props;
  return (
    <div className={props.className}>
      <div className={shared.label}>{term === null ? label : <Term term={term}>{label}</Term>}</div>
      {props.children}
    </div>
  );
}

function Nothing() {
  return <span className={css.none}>—</span>;
}

/** The smoothed loss: one step's own jumps too much to be read. */
export function LossOutput({ className }: { className: string }) {
  const value = useApp(({ run }) => run.series.smooth.at(-1));
  return (
    <output aria-label="Loss" aria-live="off" className={className}>
      {value === undefined ? <Nothing /> : loss(value)}
    </output>
  );
}

export function StepOutput({ className }: { className: string }) {
  const step = useApp(({ run }) => run.step);
  const steps = useApp(({ run }) => run.steps);
  return (
    <output aria-label="Step" aria-live="off" className={className}>
      {steps === 0 ? (
        <Nothing />
      ) : (
        <>
          {step}
          <span>
            <span className={css.slash}>/</span>
            {steps}
          </span>
        </>
      )}
    </output>
  );
}

/** The run in five figures, readable from across the room, and how far it is. */
export function Headline() {
  const run = useApp((state) => state.run);
  const held = run.held.loss.at(-1);
  const share = run.steps > 0 ? run.step / run.steps : 0;
  return (
    <>
      <div className={css.headline}>
        <div className={css.first}>
          <Figure label="Loss" term="smoothedLoss">
            <LossOutput className={css.big} />
          </Figure>
          <Figure label="Held-out" term="heldOutLoss">
            <div className={css.held}>
              {held === undefined ? <Nothing /> : loss(held)}
              {run.best && run.best.step > 0 && <small>best at step {count(run.best.step)}</small>}
            </div>
          </Figure>
        </div>
        <div className={css.rest}>
          <Figure label="Step" term="step">
            <StepOutput className={`${css.number} ${css.step}`} />
          </Figure>
          <Figure label="Speed" term="speed">
            <div className={`${css.number} ${css.speed}`}>
              {run.tokensPerSecond === null ? <Nothing /> : count(run.tokensPerSecond)} <span>tokens/s</span>
            </div>
          </Figure>
          <Figure label="Time left" term={null}>
            <div className={`${css.number} ${css.left}`}>
              {run.secondsLeft === null ? <Nothing /> : duration(run.secondsLeft)}
            </div>
          </Figure>
        </div>
      </div>
      <div
        className={css.progress}
        role="progressbar"
        aria-label="Progress of the run"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * share)}
      >
        <i style={{ width: `${100 * share}%` }} />
      </div>
    </>
  );
}
