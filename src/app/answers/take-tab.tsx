import { useState } from 'react';
import { pythonLines } from '../../adapters/how-to-load.ts';
import { newRunAction } from '../actions/registry.ts';
import { bytes, count, duration, parameters, percent, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import type { RunView } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import css from './answers.module.css';
import { TakeAway } from './take-away.tsx';

/** A finished run: its file, how Python uses it, and what the run was. */
export function TakeTab() {
  const run = useApp((state) => state.run);
  return (
    <>
      <TakeAway place="tab" />
      <PythonLines />
      <Facts run={run} />
      <div className={css.foot}>
        <button type="button" className={shared.button} onClick={() => void newRunAction.run()}>
          New run
        </button>
      </div>
    </>
  );
}

function PythonLines() {
  const model = useApp((state) => state.model);
  const raw = useApp((state) => state.runSettings?.raw ?? false);
  const [copied, setCopied] = useState(false);
  if (!model) return null;
  const text = pythonLines({
    baseId: model.id,
    baseRevision: null,
    chat: model.hasTemplate && !raw,
  }).join('\n');
  return (
    <section className={css.code} aria-labelledby="use-it">
      <div className={shared.between}>
        <h2 className={shared.heading} id="use-it">
          In the unpacked folder <span>Python</span>
        </h2>
        <button
          type="button"
          className={shared.accentLink}
          onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
        >
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre className={`${shared.card} ${shared.mono}`} tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}

function Facts({ run: { summary, best } }: { run: RunView }) {
  if (!summary) return null;
  const facts: [string, string][] = [
    [
      'Steps',
      `${count(summary.steps)}, ${plural(summary.epochs, 'pass', 'passes')} over ${count(summary.rows.used)} rows`,
    ],
    ['Tokens', `${count(summary.tokens)}, ${count(summary.supervised_tokens)} trained on`],
    ['Time', `${duration(summary.seconds)}, ${count(summary.tokens_per_second)} tokens/s`],
    [
      'Adapter',
      `${parameters(summary.trainable_parameters)} parameters, ${percent(summary.trainable_parameters / summary.parameters)} of the model`,
    ],
  ];
  if (summary.eval) {
    const at = best && best.step > 0 ? `, best at step ${count(best.step)}` : '';
    facts.push(['Held out', `${count(summary.eval.rows)} rows${at}`]);
  }
  facts.push(['Memory', bytes(summary.memory.peak_bytes)]);
  return (
    <dl className={css.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
