import { useEffect, useState } from 'react';
import type { PastRun } from '../../worker/api/api.ts';
import { openMerging } from '../actions/adapter.ts';
import { pickFiles } from '../actions/choose-files.ts';
import { deleteRun, downloadPast, loadHistory, noteRun, overlay, renameRun } from '../actions/history.ts';
import { openFiles } from '../actions/open-files.ts';
import { DashKey } from '../drawing/dash-key.tsx';
import { dashOf, type Measured, otherLosses } from '../drawing/overlays.ts';
import { bytes, count, duration, figure as figureText, loss, percent } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useHistory } from '../state/history.ts';
import { keepsNothing } from '../state/keeping.ts';
import { isTaken, setApp, useApp } from '../state/store.ts';
import css from './history.module.css';
import { Others } from './others.tsx';
import { ScoreCards } from './score-cards.tsx';
import { useLaidOver } from './use-laid-over.ts';

/** Runs that have ended, of this visit and of earlier ones; a tick lays one over the loss chart. */
export default function RunsTab() {
  const history = useHistory();
  const { runs, shown, current, error } = history;
  const over = useLaidOver(history);
  const ready = useApp((app) => app.model !== null && !isTaken(app));
  useEffect(() => void loadHistory(), []);
  return (
    <>
      {error && <Trouble error={error} what="The list of runs was not saved." />}
      {runs.length === 0 ? (
        <p className={shared.mute}>
          Runs that have finished or were stopped are listed here, with their curves.
        </p>
      ) : (
        <p className={shared.faint}>
          {keepsNothing()
            ? 'Nothing is kept on disk: the runs of this visit are gone once you close this tab.'
            : 'Kept in this browser: settings, curves and small adapters, what you expect, but no rows. Tick a run to draw it over the chart.'}
        </p>
      )}
      {ready && (
        <div>
          <button type="button" className={shared.accentLink} onClick={openMerging}>
            Merge adapters
          </button>
        </div>
      )}
      <div className={css.ways}>
        <button
          type="button"
          className={shared.accentLink}
          onClick={() =>
            pickFiles('.json', true, (files) => {
              void openFiles(files.map((file) => ({ path: file.name, file })));
            })
          }
        >
          Open results of others
        </button>
        <span className={shared.faint}>
          or drop their files anywhere, score cards too. “Save my result” under Report makes one.
        </span>
      </div>
      <Others over={over} />
      <ScoreCards />
      <ul className={css.runs}>
        {runs.map((run) => (
          <Entry key={run.id} run={run} place={shown.indexOf(run.id)} now={run.id === current} over={over} />
        ))}
      </ul>
    </>
  );
}

export function Entry({
  run,
  place,
  now,
  over,
}: {
  run: PastRun;
  place: number;
  now: boolean;
  over: Measured | null;
}) {
  const [name, setName] = useState(run.name);
  const [asked, setAsked] = useState(false);
  const busy = useApp(isTaken);
  const when = new Date(run.ended).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <li className={`${shared.card} ${css.run}`}>
      <div className={css.head}>
        {!now && (
          <input
            type="checkbox"
            aria-label={`Draw “${run.name}” over the chart`}
            checked={place >= 0}
            onChange={(event) => overlay(run.id, event.currentTarget.checked)}
          />
        )}
        <input
          className={css.name}
          aria-label={`Name of the run “${run.name}”`}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          onBlur={() => (name.trim() === '' ? setName(run.name) : void renameRun(run.id, name))}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.currentTarget.blur();
          }}
        />
        {place >= 0 && <DashKey dash={dashOf(place)} />}
        {now && <span className={css.now}>shown</span>}
      </div>
      <p className={css.about}>
        {when} · {run.model} · {run.data}
      </p>
      {place >= 0 && over && otherLosses(run, over) && (
        <p className={css.about}>{otherLosses(run, over)}: compare the shape of its curve, not its height.</p>
      )}
      <Result run={run} />
      <textarea
        className={css.note}
        aria-label={`Note on “${run.name}”`}
        placeholder="A note…"
        rows={1}
        defaultValue={run.note}
        onBlur={(event) => {
          if (event.currentTarget.value.trim() !== run.note) void noteRun(run.id, event.currentTarget.value);
        }}
      />
      <div className={css.ways}>
        <button
          type="button"
          className={shared.link}
          disabled={busy}
          onClick={() => setApp({ place: { kind: 'expectations', run: run.id }, pane: 'run', drawer: false })}
        >
          Expectations{run.expected ? `, ${count(run.expected.list.length)}` : ''}
          <span className={shared.hidden}> of “{run.name}”</span>
        </button>
        {run.adapterBytes > 0 && (
          <button type="button" className={shared.link} onClick={() => void downloadPast(run)}>
            Adapter, {bytes(run.adapterBytes)}
          </button>
        )}
        {asked ? (
          <>
            <button type="button" className={shared.link} onClick={() => setAsked(false)}>
              Cancel
            </button>
            <button type="button" className={shared.accentLink} onClick={() => void deleteRun(run.id)}>
              Delete for good
            </button>
          </>
        ) : (
          <button
            type="button"
            className={shared.link}
            aria-label={`Delete “${run.name}”`}
            onClick={() => setAsked(true)}
          >
            Delete
          </button>
        )}
      </div>
    </li>
  );
}

function shapeText({ method, virtualTokens, rank }: PastRun['settings']): string {
  if (method === 'ia3') return '(IA)³';
  if (method === 'prompt' || method === 'prefix') return `${method} tuning, ${virtualTokens} virtual tokens`;
  return method === 'dora' ? `DoRA, rank ${rank}` : `rank ${rank}`;
}

/** What came of it in one line, the task's own figure first. */
function Result({ run: { figure, summary, elsewhere, settings, curve } }: { run: PastRun }) {
  const arrow = (before: number, after: number) => `${loss(before)} → ${loss(after)}`;
  const { eval: held } = summary;
  const rest = [
    !held && summary.loss_last !== null && `loss ${loss(summary.loss_last)}`,
    ...(curve.figures ?? []).map(({ label, unit, values }) => {
      const last = values.at(-1);
      return typeof last === 'number' && `${label} ${figureText(last, unit)}`;
    }),
    elsewhere && `general text ${arrow(elsewhere.before, elsewhere.after)}`,
    `${count(summary.steps)} steps${summary.stopped ? ', stopped' : ''}, ${duration(summary.seconds)}`,
    `${shapeText(settings)}, learning rate ${settings.learningRate}`,
  ];
  return (
    <p className={css.figures}>
      {figure && `${figure.what} ${percent(figure.before)} → ${percent(figure.after)} · `}
      {held && (
        <>
          <span className={css.heldOut}>held-out {arrow(held.loss_before, held.loss_after)}</span>
          {' · '}
        </>
      )}
      {rest.filter(Boolean).join(' · ')}
    </p>
  );
}
