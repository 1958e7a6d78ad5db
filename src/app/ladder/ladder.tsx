import { useEffect } from 'react';
import { criterionName } from '../../lab/criterion.ts';
import { APART, rungOf } from '../../lab/ladder/rungs.ts';
import { loadLadder } from '../actions/ladder-load.ts';
import { Finding } from '../experiment/finding.tsx';
import { Progress } from '../experiment/progress.tsx';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useLadder } from '../state/ladder.ts';
import { useApp } from '../state/store.ts';
import { LadderAnswers } from './answers.tsx';
import { TakenApart } from './apart.tsx';
import { LadderButtons } from './buttons.tsx';
import { Given, givenWords } from './given.tsx';
import css from './ladder.module.css';
import { isMeasured, type Measured } from './measured.ts';
import { notesUnder } from './notes.ts';
import { RungTable } from './rung-table.tsx';

/** Is training what you need? Every way to an answer on the same held-out rows, from the cheapest. */
export default function Ladder() {
  const { kept, error, warnings } = useLadder();
  const climbing = useApp((app) => app.underWay === 'ladder');
  const measured = isMeasured(kept);
  useEffect(() => void loadLadder(), []);
  return (
    <>
      <section className={css.ladder} aria-labelledby="the-ladder">
        <h2 className={shared.heading} id="the-ladder">
          Is training what you need?
        </h2>
        {measured && !climbing && <Recommended kept={kept} />}
        {!measured && (
          <p className={shared.faint}>
            A prompt, a few examples or a search may be enough. Each rung of the ladder answers the same
            held-out rows (rows that nothing else sees), the cheapest first.
          </p>
        )}
        {measured ? <FoldedGiven /> : <Given />}
        {climbing ? <LadderProgress /> : <LadderButtons />}
        {error && <Trouble error={error} what="The ladder was not finished." />}
        {warnings.map((warning) => (
          <p key={warning} className={shared.faint} role="status">
            {warning}
          </p>
        ))}
      </section>
      {measured ? <Figures kept={kept} /> : climbing && <NothingYet />}
    </>
  );
}

function Recommended({ kept }: { kept: Measured }) {
  const { rung, reason } = kept.result.recommendation;
  return (
    <Finding label={kept.done ? 'Recommended' : 'So far'} title={rung ? rungOf(rung).label : 'None of these'}>
      <p>{reason}</p>
    </Finding>
  );
}

function LadderProgress() {
  const now = useLadder((ladder) => ladder.now);
  const label = now && rungOf(now.name).label;
  return (
    <Progress
      piece={now && `Rung ${now.place} of ${now.of}: ${label}`}
      said={now && `Measuring ${label}, rung ${now.place} of ${now.of}`}
      stop="Stop ladder"
    />
  );
}

/** What it is measured with, out of the way of what was measured. */
function FoldedGiven() {
  const words = givenWords(useLadder());
  return (
    <details className={css.fold}>
      <summary>
        <span>Given:</span> {words}
      </summary>
      <Given />
    </details>
  );
}

function NothingYet() {
  const now = useLadder((ladder) => ladder.now?.name ?? null);
  return <RungTable rungs={[]} skipped={[]} chosen={null} metric="Right" now={now} apart={false} />;
}

/** What was measured so far: the table, what to know of it, and answers beside one another. */
function Figures({ kept }: { kept: Measured }) {
  const now = useLadder((ladder) => ladder.now?.name ?? null);
  const final = useApp((app) => kept.done && !app.underWay);
  const { rungs, recommendation } = kept.result;
  return (
    <>
      <RungTable
        rungs={rungs}
        skipped={kept.skipped}
        chosen={final ? recommendation.rung : null}
        metric={criterionName(kept.plan.metric)}
        now={now}
        apart={kept.apart !== null || now === APART.name}
      />
      <details className={css.fold}>
        <summary>What the figures are</summary>
        {notesUnder(kept).map((note) => (
          <p key={note}>{note}</p>
        ))}
      </details>
      {final && <TakenApart kept={kept} />}
      <LadderAnswers rungs={kept.rungs} marked={kept.plan.metric !== 'words'} />
    </>
  );
}
