import { useRef, useState } from 'react';
import type { ShelfEntry } from '../../worker/api/api.ts';
import { pickFiles } from '../actions/choose-files.ts';
import {
  canSweep,
  giveOpenRows,
  giveRows,
  ROWS,
  stopMergeSweep,
  sweepMerge,
  toSweep,
} from '../actions/merge-sweep.ts';
import { saveSweepReport, sweepSoFar } from '../actions/merge-sweep-report.ts';
import { chosenOf, nameOfEntry } from '../actions/merging.ts';
import { count, duration, shortName } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useLab } from '../state/lab.ts';
import { useMergeSweep } from '../state/merge-sweep.ts';
import { useMerging } from '../state/merging.ts';
import { useApp } from '../state/store.ts';
import css from './sweep.module.css';
import { SweepFound } from './sweep-found.tsx';

/** Which weights do best on rows of each task: all combinations are tried, and a press on one sets the sliders. */
export function SweepFold() {
  const chosen = chosenOf(useMerging());
  const state = useMergeSweep();
  const sweep = sweepSoFar(state);
  return (
    <details className={css.fold} open={sweep !== null || undefined}>
      <summary>Sweep the weights</summary>
      <div className={css.sweep}>
        <p className={shared.mute}>
          Tries combinations of weights and measures the loss of each on rows that no adapter was trained on,
          a file for each task. Your sliders stay until you press a row of the table, or a point.
        </p>
        <ul className={`${shared.card} ${css.given}`} aria-label="Held-out rows of each task">
          {chosen.map((entry) => (
            <Rows key={entry.id} entry={entry} />
          ))}
        </ul>
        <Begin />
        {state.error && <Trouble error={state.error} what="The weights were not measured." />}
        {state.notes.map((note) => (
          <p key={note} className={shared.faint} role="status">
            {note}
          </p>
        ))}
        {sweep && state.of && <SweepFound sweep={sweep} of={state.of} />}
        {sweep && (
          <p className={shared.faint}>
            What was measured stays until you close this tab; a reload loses it.
            {state.made && (
              <>
                {' '}
                <button type="button" className={shared.accentLink} onClick={() => saveSweepReport(state)}>
                  Save report
                </button>
              </>
            )}
          </p>
        )}
      </div>
    </details>
  );
}

/** What hangs over the page says that it is dropped there, and hides where else. */
function hideDrop(): void {
  window.dispatchEvent(new DragEvent('dragleave'));
}

/** The rows of one adapter's task: dropped here or chosen, or those that are held out of the open data. */
function Rows({ entry }: { entry: ShelfEntry }) {
  const file = useMergeSweep(({ rows }) => rows[entry.id] ?? null);
  const locked = useApp((app) => app.underWay !== null);
  const held = useApp(({ data, settings }) => (data?.used ?? 0) > 1 && settings.evalFraction > 0);
  const [over, setOver] = useState(false);
  const choose = useRef<HTMLButtonElement>(null);
  const name = nameOfEntry(entry);
  return (
    <li
      className={css.rows}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragEnter={(event) => {
        event.stopPropagation();
        hideDrop();
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const [dropped] = event.dataTransfer.files;
        if (!dropped) return;
        event.preventDefault();
        // It is not for the page, which would open it as its data.
        event.stopPropagation();
        hideDrop();
        giveRows(entry, dropped);
      }}
    >
      <span className={css.name}>{name}</span>
      <span className={file ? undefined : shared.faint}>
        {file ? shortName(file.name, 40) : 'no rows: drop a file here, or leave it out'}
      </span>
      <span className={css.ways}>
        <button
          ref={choose}
          type="button"
          className={shared.accentLink}
          disabled={locked}
          aria-label={`Choose a file of held-out rows for “${name}”`}
          onClick={() => pickFiles(ROWS, false, ([picked]) => giveRows(entry, picked))}
        >
          Choose a file
        </button>
        {held && (
          <button
            type="button"
            className={shared.accentLink}
            disabled={locked}
            aria-label={`Use the open held-out rows for “${name}”`}
            onClick={() => void giveOpenRows(entry)}
          >
            Use the open held-out rows
          </button>
        )}
        {file && (
          <button
            type="button"
            className={shared.link}
            disabled={locked}
            aria-label={`Remove the rows of “${name}”`}
            onClick={() => {
              choose.current?.focus();
              giveRows(entry, null);
            }}
          >
            Remove
          </button>
        )}
      </span>
    </li>
  );
}

/** One button that begins and stops, so that the focus stays; below it how far it is. */
function Begin() {
  const sweeping = useApp((app) => app.underWay === 'weights');
  useApp(canSweep);
  useMerging();
  const { of, points, total, made } = useMergeSweep();
  const { work, left, stopping } = useLab();
  const now = toSweep();
  const same = now !== null && of?.key === now.key;
  const done = same && made !== null;
  const ready = canSweep() && !done;
  const label = same && points.length > 0 && !done ? 'Continue the sweep' : 'Try the weights';
  const share = work?.total ? work.done / work.total : 0;
  const far = [work?.what, left !== null && `about ${duration(left)} left`];
  return (
    <div className={css.begin}>
      <button
        type="button"
        className={sweeping ? shared.button : shared.main}
        aria-disabled={sweeping ? stopping : !ready}
        onClick={() => {
          if (sweeping) void stopMergeSweep();
          else if (ready) void sweepMerge();
        }}
      >
        {!sweeping ? label : stopping ? 'Stopping…' : 'Stop the sweep'}
      </button>
      <div className={css.far}>
        {sweeping && (
          <div className={shared.track} style={{ height: 3 }}>
            <i style={{ width: `${100 * share}%`, background: 'var(--accent)' }} />
          </div>
        )}
        <p className={shared.faint}>
          {sweeping ? far.filter(Boolean).join(' · ') : (why(now !== null, ready, done) ?? '')}
        </p>
        <p className={shared.hidden} role="status">
          {sweeping || points.length > 0
            ? `${count(points.length)} of ${count(total)} combinations of weights measured.`
            : ''}
        </p>
        {sweeping && (
          <p className={shared.faint}>
            {count(points.length)} of {count(total)} combinations measured
          </p>
        )}
      </div>
    </div>
  );
}

function why(given: boolean, ready: boolean, done: boolean): string | null {
  if (!given) return 'Give at least one adapter rows to measure on.';
  if (done) return 'All combinations of these were measured.';
  return ready ? null : 'The model is in use. Measure once it is free.';
}
