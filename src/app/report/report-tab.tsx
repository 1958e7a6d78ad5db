import { useId, useState } from 'react';
import { openCheck } from '../actions/check.ts';
import { saveResult } from '../actions/results.ts';
import { Term } from '../glossary/term.tsx';
import { importPart } from '../shared/import-part.ts';
import type { PageError } from '../shared/page-error.ts';
import { pageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useHistory } from '../state/history.ts';
import { useOutcome } from '../state/outcome.ts';
import { useReport } from '../state/report.ts';
import { useApp } from '../state/store.ts';
import css from './report.module.css';

const PICTURES = [
  { name: 'Curve as PNG', kind: 'png', save: 'saveCurve' },
  { name: 'Curve as SVG', kind: 'svg', save: 'saveCurve' },
  { name: 'Map as PNG', kind: 'png', save: 'saveMap' },
  { name: 'Map as SVG', kind: 'svg', save: 'saveMap' },
] as const;

const SCORES = [
  { name: 'Score card as PNG', kind: 'png' },
  { name: 'Score card as JSON', kind: 'json' },
] as const;

/** What draws and writes is fetched when something is saved. */
const saving = () => importPart(() => import('./save.ts'));
const scoring = () => importPart(() => import('./save-score.ts'));

/** The run as one file to show or to keep, and its curve and map as pictures. */
export function ReportTab() {
  const withRows = useReport((state) => state.withRows);
  const [error, setError] = useState<PageError | null>(null);
  const scored = useOutcome(({ done }) => done);
  const summary = useApp(({ run }) => run.summary !== null);
  const moved = useApp(({ run }) => run.movement !== null);
  const id = useId();
  const carryOut = (work: (way: Awaited<ReturnType<typeof saving>>) => void | Promise<void>) => {
    setError(null);
    saving()
      .then(work)
      .catch((reason) => setError(pageError(reason)));
  };
  return (
    <>
      <p>
        One HTML file with the results, the curves, every setting, and what was trained on what data. It opens
        anywhere, offline. Printing this page prints it as well.
      </p>
      <label className={shared.smallTick} htmlFor={id}>
        <input
          id={id}
          type="checkbox"
          checked={withRows}
          onChange={(event) => useReport.setState({ withRows: event.currentTarget.checked })}
        />
        Include answers and held-out rows, which show your data
      </label>
      <button
        type="button"
        className={shared.main}
        onClick={() => carryOut((way) => way.saveReport(withRows))}
      >
        Save report
      </button>
      <div className={css.pair}>
        {PICTURES.map(({ name, kind, save }) => (
          <button
            key={name}
            type="button"
            className={shared.button}
            disabled={save === 'saveMap' && !moved}
            onClick={() => carryOut((way) => way[save](kind))}
          >
            {name}
          </button>
        ))}
      </div>
      <div className={css.pair}>
        {SCORES.map(({ name, kind }) => (
          <button
            key={kind}
            type="button"
            className={shared.button}
            disabled={!scored || !summary}
            onClick={() => {
              setError(null);
              scoring()
                .then((way) => way.saveScore(kind))
                .catch((reason) => setError(pageError(reason)));
            }}
          >
            {name}
          </button>
        ))}
      </div>
      <p className={shared.faint}>
        The <Term term="scoreCard">score card</Term> has every figure of this run, what was not measured, and
        the command that repeats it. It is signed: that shows that the file was not changed since this browser
        made it, not that its figures are true.
      </p>
      <Result onError={setError} />
      {error && <Trouble error={error} what="It was not saved." />}
      <p className={shared.faint}>
        Runs ticked under Runs are included in the charts.{' '}
        <button type="button" className={shared.accentLink} onClick={openCheck}>
          Verify this device against PyTorch
        </button>
      </p>
    </>
  );
}

/** The result as a short file for whoever lays several over each other; the name is the person's to give. */
function Result({ onError }: { onError(error: PageError | null): void }) {
  const past = useHistory(({ runs, current }) => runs.find(({ id }) => id === current));
  const [by, setBy] = useState('');
  const id = useId();
  if (!past) return null;
  const keep = () => {
    onError(null);
    saveResult(past, by).catch((reason) => onError(pageError(reason)));
  };
  return (
    <form
      className={css.result}
      onSubmit={(event) => {
        event.preventDefault();
        keep();
      }}
    >
      <label className={shared.label} htmlFor={id}>
        Your name, if you like
      </label>
      <input
        id={id}
        className={css.name}
        maxLength={40}
        autoComplete="off"
        value={by}
        onChange={(event) => setBy(event.currentTarget.value)}
      />
      <button type="submit" className={shared.button}>
        Save my result
      </button>
      <p className={shared.faint}>
        A short file with curve, figures and settings, and no rows. Whoever collects several drops them on
        this page and sees them over each other.
      </p>
    </form>
  );
}
