import { useEffect, useState } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { pickFiles } from '../actions/choose-files.ts';
import {
  NOTHING_EXPECTED,
  openExpectations,
  saveExpectations,
  stopChecking,
} from '../actions/expectations.ts';
import { loadHistory } from '../actions/history.ts';
import { Term } from '../glossary/term.tsx';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useExpecting } from '../state/expecting.ts';
import { useHistory } from '../state/history.ts';
import { setApp, useApp } from '../state/store.ts';
import { AddExpectation } from './add-expectation.tsx';
import { CheckControls } from './check-controls.tsx';
import { ExpectationList } from './expectation-list.tsx';
import css from './expectations.module.css';

/** What the answers must have: written once, kept with a run, and held against the base or any adapter again and again. */
export default function ExpectPlace() {
  const run = useApp(({ place }) => (place?.kind === 'expectations' ? place.run : ''));
  const past = useHistory(({ runs }) => runs.find(({ id }) => id === run));
  const { error, repeats } = useExpecting(
    useShallow((state) => ({ error: state.error, repeats: state.repeats })),
  );
  const { list, checks } = past?.expected ?? NOTHING_EXPECTED;
  /** Which checks are shown, by when they began; null: the latest, and the one before it. */
  const [shown, setShown] = useState<string | null>(null);
  const [beside, setBeside] = useState<string | null>(null);
  useEffect(() => void loadHistory(), []);
  useEffect(
    () => () => {
      useExpecting.setState({ error: null, repeats: null });
      if (useExpecting.getState().work) void stopChecking();
    },
    [],
  );
  const now = checks.find(({ at }) => at === shown) ?? checks.at(-1) ?? null;
  const before =
    checks.find(({ at }) => at === beside) ?? checks.filter(({ at }) => at !== now?.at).at(-1) ?? null;
  return (
    <section className={css.place} aria-labelledby="expectations">
      <div className={shared.between}>
        <h2 className={shared.heading} id="expectations">
          <Term term="expectations">Expectations</Term> <span>{past?.name}</span>
        </h2>
        <button type="button" className={shared.accentLink} onClick={() => setApp({ place: null })}>
          Back
        </button>
      </div>
      {past ? (
        <>
          <p className={shared.mute}>
            What an answer must have, whoever gives it. Check the base and any adapter, before and after a
            change, and see what got better and what broke.
          </p>
          <CheckControls
            run={run}
            list={list}
            checks={checks}
            now={now}
            before={before}
            onShow={setShown}
            onBeside={setBeside}
          />
          {error && <Trouble error={error} what="That was not done." />}
          {repeats && (
            <p className={shared.faint} role="status">
              {repeats}
            </p>
          )}
          <ExpectationList run={run} list={list} now={now} before={before} />
          <AddExpectation run={run} />
          <Files run={run} some={list.length > 0} />
        </>
      ) : (
        <p className={shared.mute}>This run is no longer kept, and what was expected of it went with it.</p>
      )}
    </section>
  );
}

/** In and out as a file of JSON Lines. */
function Files({ run, some }: { run: string; some: boolean }) {
  return (
    <div className={css.files}>
      <button
        type="button"
        className={shared.accentLink}
        onClick={() => pickFiles('.jsonl,.ndjson,.json', false, ([file]) => void openExpectations(run, file))}
      >
        Open a JSONL file
      </button>
      {some && (
        <button type="button" className={shared.accentLink} onClick={() => saveExpectations(run)}>
          Save as JSONL
        </button>
      )}
      <span className={shared.faint}>
        A line is {'{"prompt": "…", "contains": "…"}'}, or equals, label, pattern, "json": true.
      </span>
    </div>
  );
}
