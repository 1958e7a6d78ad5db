import type { KeptDistil } from '../../worker/api/api.ts';
import {
  beginDistil,
  continueDistil,
  discardDistil,
  missingForDistil,
  openStudent,
  studentOf,
} from '../actions/distil.ts';
import { distilProblem } from '../actions/distil-inputs.ts';
import { saveDistilReport, saveMadeRows, saveStudent } from '../actions/distil-report.ts';
import { canExperiment } from '../actions/experiment.ts';
import { Begin } from '../experiment/begin.tsx';
import { EarlierVisit, WhatIsKept } from '../experiment/kept.tsx';
import shared from '../shared/shared.module.css';
import { useDistil } from '../state/distil.ts';
import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { ChooseAgain } from './choose-again.tsx';
import css from './distil.module.css';

/** What can be done with the distillation while nothing of it is under way. */
export function DistilButtons() {
  const kept = useDistil((distil) => distil.kept);
  const ready = useApp(canExperiment);
  const running = useApp(({ run }) => isBusy(run.state));
  return (
    <>
      {kept ? <GoOn kept={kept} ready={ready} /> : <BeginDistilling ready={ready} />}
      {running && <p className={shared.faint}>A run is using the model. Distil once it has ended.</p>}
      <WhatIsKept
        what="the distillation"
        kept="Each stage is kept in this browser once it is done, with the rows and with adapters up to 64 MB together, until you discard or erase it."
      />
    </>
  );
}

function BeginDistilling({ ready }: { ready: boolean }) {
  const distil = useDistil();
  // What is open decides whether it can begin.
  useApp((app) => app.settings);
  useApp((app) => app.data);
  useApp((app) => app.model);
  return (
    <Begin
      label="Make the rows"
      ready={ready}
      problem={distilProblem(distil)}
      onBegin={() => void beginDistil()}
    >
      <label className={shared.smallTick}>
        <input
          type="checkbox"
          checked={distil.look}
          onChange={(event) => useDistil.setState({ look: event.currentTarget.checked })}
        />
        Wait then, so that I can look at them
      </label>
    </Begin>
  );
}

function GoOn({ kept, ready }: { kept: KeptDistil; ready: boolean }) {
  const { restored, again } = useDistil();
  const { done, title, stages, students, given } = kept;
  const missing = missingForDistil(kept);
  const { choice, name } = given.student.model;
  const untrained = stages.made && Object.keys(students).length === 0;
  return (
    <>
      {restored && (
        <EarlierVisit
          what={`The distillation of “${title}”`}
          done={done}
          at={[stagesDone(kept), 'stage']}
          missing={[]}
        />
      )}
      {missing.map((what) => (
        <ChooseAgain key={what} what={what} given={given} />
      ))}
      <div className={css.ways}>
        {!done && (
          <button
            type="button"
            className={shared.button}
            disabled={!ready || missing.length > 0}
            onClick={() => void continueDistil()}
          >
            {untrained ? 'Train the student' : 'Continue'}
          </button>
        )}
        {done && (
          <button type="button" className={shared.button} onClick={() => saveDistilReport(kept)}>
            Save report
          </button>
        )}
        {stages.made && (
          <button type="button" className={shared.accentLink} onClick={() => saveMadeRows(kept)}>
            Save the made rows
          </button>
        )}
        {done && studentOf(kept) && (
          <>
            <button
              type="button"
              className={shared.accentLink}
              disabled={!ready || !(choice ?? again.student)}
              title={choice || again.student ? undefined : `First open ${name} again`}
              onClick={() => void openStudent()}
            >
              Open the student
            </button>
            <button type="button" className={shared.accentLink} onClick={() => void saveStudent(kept)}>
              Save its adapter
            </button>
          </>
        )}
        <button type="button" className={shared.link} disabled={!ready} onClick={() => void discardDistil()}>
          Discard
        </button>
      </div>
    </>
  );
}

function stagesDone({ stages, students }: KeptDistil): number {
  const measured = Object.values(students).filter((student) => student?.rung);
  return [stages.rows, stages.teacher, stages.made, stages.student].filter(Boolean).length + measured.length;
}
