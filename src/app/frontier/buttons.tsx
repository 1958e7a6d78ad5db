import type { KeptFrontier } from '../../worker/api/api.ts';
import { canExperiment } from '../actions/experiment.ts';
import {
  continueFrontier,
  discardFrontier,
  measuredPoints,
  measureFrontier,
  missingModels,
} from '../actions/frontier.ts';
import { askModel, changeGiven, frontierProblem } from '../actions/frontier-inputs.ts';
import {
  chosenAdapter,
  saveChosenAdapter,
  saveFrontierReport,
  saveFrontierRows,
} from '../actions/frontier-report.ts';
import { Begin } from '../experiment/begin.tsx';
import { EarlierVisit, WhatIsKept } from '../experiment/kept.tsx';
import shared from '../shared/shared.module.css';
import { useFrontier } from '../state/frontier.ts';
import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import css from './frontier.module.css';

/** What can be done while nothing of it is under way. @param form what is given is shown, to be changed */
export function FrontierButtons({ form }: { form: boolean }) {
  const kept = useFrontier((frontier) => frontier.kept);
  const ready = useApp(canExperiment);
  const running = useApp(({ run }) => isBusy(run.state));
  return (
    <>
      {form && <BeginMeasuring ready={ready} />}
      {kept && !form && <GoOn kept={kept} ready={ready} />}
      {running && <p className={shared.faint}>A run is using the model. Measure once it has ended.</p>}
      <WhatIsKept
        what="what was measured"
        kept="Each point is kept in this browser once it is measured, with the rows and with adapters up to 64 MB together, until you discard or erase it."
      />
    </>
  );
}

function BeginMeasuring({ ready }: { ready: boolean }) {
  const view = useFrontier();
  // What is open decides whether it can begin.
  useApp((app) => app.settings);
  useApp((app) => app.data);
  useApp((app) => app.model);
  return (
    <Begin
      label="Measure"
      ready={ready}
      problem={frontierProblem(view)}
      onBegin={() => void measureFrontier()}
    >
      {view.kept && (
        <button
          type="button"
          className={shared.link}
          onClick={() => useFrontier.setState({ changing: false })}
        >
          Cancel
        </button>
      )}
    </Begin>
  );
}

function GoOn({ kept, ready }: { kept: KeptFrontier; ready: boolean }) {
  const { restored } = useFrontier();
  const { done, title, result, given } = kept;
  const missing = missingModels(kept);
  return (
    <>
      {restored && (
        <EarlierVisit
          what={`The comparison of models on “${title}”`}
          done={done}
          at={[measuredPoints(kept).length, 'point']}
          missing={[]}
        />
      )}
      {missing.map((place) => (
        <ChooseAgain key={place} place={place} name={given.models[place].model.name} />
      ))}
      <div className={css.ways}>
        {!done && (
          <button
            type="button"
            className={shared.button}
            disabled={!ready || missing.length > 0}
            onClick={() => void continueFrontier()}
          >
            Continue
          </button>
        )}
        {result && (
          <button
            type="button"
            className={done ? shared.button : shared.accentLink}
            onClick={() => saveFrontierReport(kept)}
          >
            Save report
          </button>
        )}
        {done && chosenAdapter(kept) && (
          <button type="button" className={shared.accentLink} onClick={() => void saveChosenAdapter(kept)}>
            Save the chosen adapter
          </button>
        )}
        {result && (
          <button type="button" className={shared.accentLink} onClick={() => void saveFrontierRows(kept)}>
            Save the rows
          </button>
        )}
        <button type="button" className={shared.accentLink} disabled={!ready} onClick={changeGiven}>
          Change the list
        </button>
        <button
          type="button"
          className={shared.link}
          disabled={!ready}
          onClick={() => void discardFrontier()}
        >
          Discard
        </button>
      </div>
    </>
  );
}

/** A model that this browser does not keep, and that points are missing of. */
function ChooseAgain({ place, name }: { place: number; name: string }) {
  const choose = (accept: string | null) =>
    askModel(accept, ({ choice }) =>
      useFrontier.setState(({ again }) => ({ again: { ...again, [place]: choice }, error: null })),
    );
  return (
    <p className={css.ways} role="status">
      <span className={shared.mute}>{name} is not kept in this browser. Choose it again to go on.</span>
      <button type="button" className={shared.accentLink} onClick={() => choose(null)}>
        Choose its folder
      </button>
      <button type="button" className={shared.accentLink} onClick={() => choose('.gguf')}>
        Choose its GGUF file
      </button>
    </p>
  );
}
