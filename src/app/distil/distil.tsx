import { useEffect } from 'react';
import { loadDistil } from '../actions/distil.ts';
import { Progress } from '../experiment/progress.tsx';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { STAGES, useDistil } from '../state/distil.ts';
import { useApp } from '../state/store.ts';
import { DistilButtons } from './buttons.tsx';
import css from './distil.module.css';
import { Given, GivenWords } from './given.tsx';
import { MadeRows } from './made-rows.tsx';
import { Contenders, Found } from './result.tsx';

/** Does a smaller model learn it? A teacher's answers, what is kept of them, and a student with and without. */
export default function Distil() {
  const { kept, error, warnings, now } = useDistil();
  const distilling = useApp((app) => app.underWay === 'distil');
  useEffect(() => void loadDistil(), []);
  const notes = [...new Set([...(kept?.notes ?? []), ...warnings])];
  const stage = now === null ? null : `Stage ${now + 1} of ${STAGES.length}: ${STAGES[now]}`;
  return (
    <>
      <section className={css.distil} aria-labelledby="distillation">
        <h2 className={shared.heading} id="distillation">
          Does a smaller model learn it?
        </h2>
        {kept?.figures.result && !distilling && <Found kept={kept} result={kept.figures.result} />}
        {!kept && (
          <p className={shared.faint}>
            A model that is good enough and too large (the teacher) answers more questions than you have
            answers for. A smaller one (the student) is trained on your rows alone, and on yours and those
            that were made. All of them answer the same held-out rows.
          </p>
        )}
        {kept ? <GivenWords kept={kept} /> : <Given />}
        {distilling ? <Progress piece={stage} said={stage} stop="Stop distillation" /> : <DistilButtons />}
        {error && <Trouble error={error} what="The distillation was not finished." />}
        {notes.map((note) => (
          <p key={note} className={shared.faint} role="status">
            {note}
          </p>
        ))}
      </section>
      {kept && kept.figures.table.length > 0 && <Contenders kept={kept} />}
      {kept?.stages.made && <MadeRows kept={kept} />}
    </>
  );
}
