import { type Fix, fixOf } from '../actions/fix.ts';
import { newRunAction } from '../actions/registry.ts';
import { Term } from '../glossary/term.tsx';
import { LivePart } from '../live/live-part.tsx';
import { Region } from '../region/region.tsx';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useHistory } from '../state/history.ts';
import { isTaken, useApp } from '../state/store.ts';
import css from './charts.module.css';
import { Finished } from './finished.tsx';
import { FirstVisit } from './first-visit.tsx';
import { Headline } from './headline.tsx';
import { ExpectPlace, MergePlace } from './late-parts.tsx';
import { LossCard } from './loss-card.tsx';
import { MovementMap } from './movement-map.tsx';
import { FigureCharts, GradientNormChart, LearningRateChart } from './small-charts.tsx';
import { TrainAnew } from './train-anew.tsx';
import { Warnings } from './warnings.tsx';

/** The middle of the page: what is ready before a run, the run in progress, and its result. */
export function Centre() {
  const state = useApp(({ run }) => run.state);
  const overlaid = useHistory(({ shown }) => shown.length > 0);
  // A sweep of weights is shown in the place that it is begun in.
  const place = useApp((app) => (isTaken(app) && app.underWay !== 'weights' ? null : app.place));
  if (place)
    return (
      <Region
        key={place.kind === 'merging' ? 'merging' : place.run}
        name={place.kind === 'merging' ? 'Merging' : 'What is expected'}
      >
        {place.kind === 'merging' ? <MergePlace /> : <ExpectPlace />}
      </Region>
    );
  if (state === 'idle')
    return (
      <>
        {overlaid ? <PastRuns /> : <FirstVisit />}
        <TrainAnew />
      </>
    );
  if (state === 'finished') return <Finished />;
  return <Running />;
}

/** Before a run, with past runs ticked: their curves. */
function PastRuns() {
  return (
    <>
      <div className={shared.between}>
        <h2 className={shared.heading}>
          Past runs, <Term term="smoothedLoss">smoothed loss</Term> by step
        </h2>
        <button
          type="button"
          className={shared.accentLink}
          onClick={() => useHistory.setState({ shown: [] })}
        >
          Back to the first screen
        </button>
      </div>
      <LossCard />
    </>
  );
}

function Running() {
  const error = useApp(({ run }) => run.error);
  return (
    <>
      <Region name="The run’s figures">
        <Headline />
      </Region>
      {error && (
        <Trouble error={error} what="The run was stopped by an error." next={nextAfter(fixOf(error.code))} />
      )}
      <Warnings />
      <LivePart />
      <Region name="The loss curve">
        <LossCard />
      </Region>
      <div className={css.pair}>
        <Region name="The learning rate">
          <LearningRateChart />
        </Region>
        <Region name="The gradient norm">
          <GradientNormChart />
        </Region>
        <Region name="The objective’s figures">
          <FigureCharts />
        </Region>
      </div>
      <Region name="The map of changes">
        <MovementMap />
      </Region>
    </>
  );
}

function nextAfter(fix: Fix | null): Fix {
  return fix ?? { label: 'Back to the set-up', run: () => void newRunAction.run() };
}
