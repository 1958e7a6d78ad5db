import type { KeptLadder } from '../../worker/api/api.ts';
import {
  canClimb,
  continueLadder,
  discardLadder,
  measureLadder,
  missingForLadder,
  openLadderAdapter,
} from '../actions/ladder.ts';
import { saveLadderReport } from '../actions/ladder-report.ts';
import { EarlierVisit, WhatIsKept } from '../experiment/kept.tsx';
import shared from '../shared/shared.module.css';
import { useLadder } from '../state/ladder.ts';
import { isBusy } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import css from './ladder.module.css';
import { metricProblem } from './metric.tsx';

/** What can be done with the ladder while it is not measured. */
export function LadderButtons() {
  const { kept, restored } = useLadder();
  const adapter = kept?.adapter;
  const ready = useReady();
  const running = useApp(({ run }) => isBusy(run.state));
  return (
    <>
      {kept && restored && <OfEarlierVisit kept={kept} />}
      <div className={css.ways}>
        <Measure ready={ready} />
        {kept && kept.rungs.length > 0 && (
          <button type="button" className={shared.button} onClick={() => saveLadderReport(kept)}>
            Save report
          </button>
        )}
        {adapter && kept?.done && !adapter.note && (
          <button
            type="button"
            className={shared.accentLink}
            disabled={!ready}
            onClick={() => void openLadderAdapter(adapter)}
          >
            Open its adapter
          </button>
        )}
        {kept && (
          <button type="button" className={shared.link} onClick={() => void discardLadder()}>
            Discard
          </button>
        )}
      </div>
      {running && <p className={shared.faint}>A run is using the model. Measure once it has ended.</p>}
      <WhatIsKept
        what="the ladder"
        kept="Each rung is kept in this browser once it is measured, with its questions and answers, until you discard or erase it."
      />
    </>
  );
}

/** Whether a ladder can begin: all that it needs is open, and its metric can be read. */
export function useReady(): boolean {
  const can = useApp(canClimb);
  return useLadder(({ metric }) => metricProblem(metric) === null) && can;
}

function OfEarlierVisit({ kept }: { kept: KeptLadder }) {
  return (
    <EarlierVisit
      what={`The ladder of “${kept.title}”`}
      done={kept.done}
      at={[kept.rungs.length, 'rung']}
      missing={useMissing()}
    />
  );
}

function useMissing(): string[] {
  const { kept, restored } = useLadder();
  // What is open decides what is missing.
  useApp((app) => app.model);
  useApp((app) => app.dataTitle);
  return kept && restored ? missingForLadder(kept) : [];
}

function Measure({ ready }: { ready: boolean }) {
  const { kept, restored } = useLadder();
  const missing = useMissing();
  const anew = (label: string, title?: string) => (
    <button
      type="button"
      className={shared.button}
      disabled={!ready}
      title={title}
      onClick={() => void measureLadder()}
    >
      {label}
    </button>
  );
  if (!kept) return anew('Measure the rungs');
  if (kept.done && !restored)
    return anew(
      'Measure what changed',
      'Rungs of the same rows, prompts and settings are not measured again',
    );
  return (
    <>
      {!kept.done && (
        <button
          type="button"
          className={shared.button}
          disabled={!ready || missing.length > 0}
          onClick={() => void continueLadder()}
        >
          Continue
        </button>
      )}
      {restored && anew('Measure what is open', 'What was measured of other rows is discarded')}
    </>
  );
}
