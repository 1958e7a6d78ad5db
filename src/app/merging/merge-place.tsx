import { useEffect, useState } from 'react';
import { chooseFile, chooseFolder } from '../actions/choose-files.ts';
import { loadHistory } from '../actions/history.ts';
import { stopMergeSweep } from '../actions/merge-sweep.ts';
import { bringPast, keepMerge, leaveMerging, pastAtHand, readShelf, sourcesOf } from '../actions/merging.ts';
import { Term } from '../glossary/term.tsx';
import { bytes } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useHistory } from '../state/history.ts';
import { type Merging, useMerging } from '../state/merging.ts';
import { useShelf } from '../state/shelf.ts';
import { setApp, useApp } from '../state/store.ts';
import { MergedAnswers } from './answers.tsx';
import { MergeFigures } from './figures.tsx';
import css from './merging.module.css';
import { Sources } from './sources.tsx';
import { SweepFold } from './sweep.tsx';
import { WayFields } from './way-fields.tsx';

/** One adapter of several: what goes in, by which weights and in which way, and what it answers then. */
export default function MergePlace() {
  const { named } = useShelf();
  const entries = useMerging((state) => state.entries);
  const error = useMerging((state) => state.error);
  const sweeping = useApp((app) => app.underWay === 'weights');
  // Adapters come and go while it is open: from files that are dropped, and from runs of earlier visits.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is named is at hand
  useEffect(() => void readShelf(), [named]);
  useEffect(() => void loadHistory(), []);
  useEffect(
    () => () => {
      void stopMergeSweep();
      leaveMerging();
    },
    [],
  );
  return (
    <section className={css.place} aria-labelledby="merge-adapters">
      <div className={shared.between}>
        <h2 className={shared.heading} id="merge-adapters">
          <Term term="merging">Merge adapters</Term>
        </h2>
        <button type="button" className={shared.accentLink} onClick={() => setApp({ place: null })}>
          Back
        </button>
      </div>
      <p className={shared.mute}>
        What each adapter changes is added up, by its weight, into one adapter. Move a weight and the answers
        below follow.
      </p>
      {/* What is swept stays as it is until that has ended. */}
      <fieldset className={css.together} disabled={sweeping} aria-label="What is merged">
        <Sources entries={entries ?? []} />
        <More />
        {(entries ?? []).length > 0 && <WayFields />}
      </fieldset>
      {(entries ?? []).length > 0 && (
        <>
          <SweepFold />
          {error ? <Trouble error={error} what="The adapters were not merged." /> : <MergeFigures />}
          <MergedAnswers />
          <Keep />
        </>
      )}
    </section>
  );
}

/** Where more adapters come from. */
function More() {
  const entries = useMerging((state) => state.entries);
  const { runs, error } = useHistory();
  const adapterError = useApp((app) => app.adapterError);
  const past = pastAtHand(runs, entries ?? []);
  return (
    <>
      {entries !== null && entries.length < 2 && (
        <p className={shared.mute} role="status">
          {entries.length === 0 ? 'No adapter is at hand.' : 'One adapter is at hand.'} Finish a run, or open
          adapters that were trained on this model: drop several anywhere on the page.
        </p>
      )}
      <div className={css.more}>
        <button
          type="button"
          className={shared.accentLink}
          onClick={() => chooseFile('.zip', { multiple: true })}
        >
          Open adapter zips
        </button>
        <button type="button" className={shared.accentLink} onClick={chooseFolder}>
          Open a folder
        </button>
        {past.slice(0, MOST_PAST).map((run) => (
          <button
            key={run.id}
            type="button"
            className={shared.accentLink}
            onClick={() => void bringPast(run)}
          >
            Add “{run.name}”, {bytes(run.adapterBytes)}
          </button>
        ))}
      </div>
      {past.length > MOST_PAST && (
        <p className={shared.faint}>
          {past.length - MOST_PAST} older runs: download their adapters in Runs, then open them here.
        </p>
      )}
      {adapterError && (
        <Trouble
          error={adapterError}
          what="The adapter was not opened."
          onClose={() => setApp({ adapterError: null })}
        />
      )}
      {error && <Trouble error={error} what="The adapter of the run was not read." />}
    </>
  );
}

/** Past runs that are offered; the list of all is in Runs. */
const MOST_PAST = 4;

/** The merge as an adapter like any other. */
function Keep() {
  const ready = useMerging(({ made, pending }) => made !== null && !pending);
  const usual = useMerging(usualName);
  const [name, setName] = useState<string | null>(null);
  return (
    <form
      className={css.keep}
      onSubmit={(event) => {
        event.preventDefault();
        void keepMerge(name?.trim() || usual);
      }}
    >
      <label>
        <span className={shared.label}>Name</span>
        <input
          type="text"
          className={css.box}
          aria-label="Name of the merged adapter"
          value={name ?? usual}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" className={shared.main} disabled={!ready}>
        Use the merged adapter
      </button>
      <p className={shared.faint}>
        It goes to the set-up, to be compared, exported and trained on like any adapter.
      </p>
    </form>
  );
}

function usualName(state: Merging): string {
  return sourcesOf(state)
    .map(({ name }) => name)
    .join(' + ');
}
