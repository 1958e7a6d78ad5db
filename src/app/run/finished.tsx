import { PromptField } from '../answers/prompt-field.tsx';
import { SideBySide } from '../answers/side-by-side.tsx';
import { Strength } from '../answers/strength.tsx';
import { TakeAway } from '../answers/take-away.tsx';
import { count, duration, loss } from '../shared/format.ts';
import { useLayout } from '../shared/layout.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import type { RunView } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import css from './finished.module.css';
import head from './headline.module.css';
import { Figure, LossOutput, StepOutput } from './headline.tsx';
import { Strip } from './strip.tsx';
import { Warnings } from './warnings.tsx';
import welcome from './welcome.module.css';

/** What came of a run: its figure, its curve as a strip, and the two models answering side by side. */
export function Finished() {
  const layout = useLayout();
  const run = useApp((state) => state.run);
  const error = useApp((state) => state.askError);
  const { before, after, what } = resultOf(run);
  return (
    <>
      <div className={head.headline}>
        <div>
          <div className={shared.label}>{how(run)}</div>
          <p className={welcome.title}>
            {what} {before !== null && <span className={css.before}>{loss(before)}</span>}
            {before !== null && ' → '}
            <span className={css.result}>{after === null ? '—' : loss(after)}</span>
          </p>
        </div>
        <div className={head.rest}>
          <Figure label="Loss">
            <LossOutput className={head.number} />
          </Figure>
          <Figure label="Step">
            <StepOutput className={head.number} />
          </Figure>
          <Figure label="Speed">
            <div className={head.number}>
              {run.summary ? count(run.summary.tokens_per_second) : '—'} <span>tokens/s</span>
            </div>
          </Figure>
        </div>
      </div>
      <Warnings />
      <Strip />
      {layout === 'phone' && <TakeAway place="card" />}
      <SideBySide />
      {error && <Trouble error={error} />}
      <div className={css.askBoth}>
        <Strength />
        <PromptField kind="ask" />
      </div>
    </>
  );
}

/** The figure on top: the held-out loss where rows were held out, else the training loss. */
function resultOf(run: RunView): { what: string; before: number | null; after: number | null } {
  const measured = run.summary?.eval;
  if (measured) return { what: 'Held-out loss', before: measured.loss_before, after: measured.loss_after };
  return {
    what: 'Training loss',
    before: run.series.smooth[0] ?? null,
    after: run.series.smooth.at(-1) ?? null,
  };
}

function how({ summary, best, step }: RunView): string {
  if (!summary) return 'Finished';
  const first = summary.stopped ? `Stopped at step ${count(step)}` : 'Finished';
  const time =
    summary.seconds > 0 ? `${summary.stopped ? ', after' : ' in'} ${duration(summary.seconds)}` : '';
  const kept =
    best && best.step > 0 && best.step < step ? `, kept as at step ${count(best.step)}, the best` : '';
  return `${first}${time} of training${kept}`;
}
