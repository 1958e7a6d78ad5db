import { useEffect } from 'react';
import { named } from '../../lab/progression/points.ts';
import { loadFrontier } from '../actions/frontier.ts';
import { Finding } from '../experiment/finding.tsx';
import { Progress } from '../experiment/progress.tsx';
import { useKeptFocus } from '../experiment/use-kept-focus.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useFrontier } from '../state/frontier.ts';
import { useApp } from '../state/store.ts';
import { FrontierButtons } from './buttons.tsx';
import { Chart } from './chart.tsx';
import css from './frontier.module.css';
import { Given, GivenWords } from './given.tsx';
import { Points } from './points.tsx';

/** Which model is good enough? Each of several, in several precisions, on the same rows, from the cheapest up. */
export default function Frontier() {
  const { kept, error, warnings, now, changing } = useFrontier();
  const measuring = useApp((app) => app.underWay === 'frontier');
  useEffect(() => void loadFrontier(), []);
  const notes = [...new Set([...(kept?.notes ?? []), ...warnings])];
  const piece = now && `Point ${now.place} of ${now.of}: ${named(now.point)}`;
  const form = (!kept || changing) && !measuring;
  const buttons = useKeptFocus<HTMLDivElement>(measuring ? 'measuring' : form);
  return (
    <>
      <section className={css.frontier} aria-labelledby="several-models">
        <h2 className={shared.heading} id="several-models">
          Which model is enough?
        </h2>
        {kept?.result && !measuring && (
          <Finding
            label={kept.done ? 'Chosen' : 'So far'}
            title={kept.result.choice ? named(kept.result.choice) : 'None'}
          >
            <p>{kept.result.reason}</p>
          </Finding>
        )}
        {!kept && (
          <p className={shared.faint}>
            Each model, in each precision that you tick, is trained on your rows and answers the same held-out
            rows. The cheapest comes first: you see what more memory, time or download would bring.
          </p>
        )}
        {form ? <Given /> : kept && <GivenWords kept={kept} />}
        <div ref={buttons} className={css.frontier}>
          {measuring ? (
            <Progress piece={piece} said={piece} stop="Stop measuring" />
          ) : (
            <FrontierButtons form={form} />
          )}
        </div>
        {error && <Trouble error={error} what="The models were not all measured." />}
        {notes.map((note) => (
          <p key={note} className={shared.faint} role="status">
            {note}
          </p>
        ))}
      </section>
      {kept && (kept.candidates.length > 0 || kept.refused.length > 0) && <Points kept={kept} />}
      {kept?.result && kept.about && <Chart result={kept.result} metric={kept.about.metric} />}
    </>
  );
}
