import { newRunAction } from '../actions/registry.ts';
import { startFromHere } from '../actions/start-from.ts';
import type { TermId } from '../glossary/glossary.ts';
import { Term } from '../glossary/term.tsx';
import { bytes, count, duration, parameters, percent } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import type { RunView } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import { epochsText } from './epochs.ts';
import { RecitalCheck } from './recital.tsx';
import css from './take.module.css';
import { TakePanel } from './take-panel.tsx';

/** A finished run: its file in any form, how it is used, and what the run was. */
export function TakeTab() {
  const run = useApp((state) => state.run);
  return (
    <>
      <TakePanel />
      <Facts run={run} />
      {run.state === 'finished' && <RecitalCheck />}
      {run.state === 'finished' && (
        <div className={css.foot}>
          <StartFromHere />
          <button type="button" className={shared.button} onClick={() => void newRunAction.run()}>
            New run
          </button>
        </div>
      )}
    </>
  );
}

/** The next run begins where this one stands, or stood at the step that the slider shows. */
function StartFromHere() {
  const step = useThen((state) => state.step);
  return (
    <button
      type="button"
      className={shared.button}
      title="Starts a new run from this adapter instead of a fresh one. Download it first if you want to keep it as it is."
      onClick={() => void startFromHere()}
    >
      Start from {step === null ? 'here' : `step ${count(step)}`}
    </button>
  );
}

function Facts({ run: { summary, best } }: { run: RunView }) {
  const settings = useApp((state) => state.runSettings);
  if (!summary || !settings) return null;
  const facts: [name: string, value: string, term: TermId][] = [
    ['Steps', `${count(summary.steps)}, ${epochsText(settings, summary.rows.used, summary.steps)}`, 'steps'],
    ['Tokens', `${count(summary.tokens)}, ${count(summary.supervised_tokens)} trained on`, 'trainedTokens'],
    ['Time', `${duration(summary.seconds)}, ${count(summary.tokens_per_second)} tokens/s`, 'speed'],
    [
      'Adapter',
      `${parameters(summary.trainable_parameters)} parameters, ${percent(summary.trainable_parameters / summary.parameters)} of the model`,
      'adapter',
    ],
  ];
  if (summary.eval) {
    const at = best && best.step > 0 ? `, best at step ${count(best.step)}` : '';
    facts.push(['Held out', `${count(summary.eval.rows)} rows${at}`, 'evalFraction']);
  }
  facts.push(['Memory', bytes(summary.memory.peak_bytes), 'memory']);
  return (
    <dl className={css.facts}>
      {facts.map(([name, value, term]) => (
        <div key={name}>
          <dt>
            <Term term={term}>{name}</Term>
          </dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
