import { heldOutCount, MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import type { DataReport } from '../../data/types.ts';
import { chooseDataset } from '../actions/choose-files.ts';
import { saveAsJsonLines } from '../actions/data.ts';
import { openSample, readAgain } from '../actions/open-data.ts';
import { settingsLocked, writeHash } from '../actions/settings.ts';
import { Term } from '../glossary/term.tsx';
import { late } from '../region/late.tsx';
import { count, plural, shortName } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { type AppState, setApp, useApp } from '../state/store.ts';
import { Card } from './card.tsx';
import { TemplateNeeded } from './chat-template.tsx';
import { Histogram } from './histogram.tsx';
import { LabelBar } from './label-bar.tsx';
import own from './model.module.css';
import css from './setup.module.css';
import { WorkLine } from './work-line.tsx';

/** With the code of every form of rows, which the first screen does not need. */
const Columns = late(() => import('./columns.tsx'));

/** A choice of columns is asked for, or was made: it stands in sight, not behind the card's list of samples. */
function asksForColumns({ format, guessed, columns }: DataReport): boolean {
  return columns.length > 0 && (format === null || format === 'mapped' || guessed);
}

/** Characters that the card's head has room for. */
const TITLE = 28;

/** What was found in the open data, and what can be done with them. */
function Found({ data }: { data: DataReport }) {
  const leaks = useApp((state) => state.leaks);
  const aside = data.skipped.bad + data.skipped.dropped;
  return (
    <>
      <p className={shared.mute}>{data.formatReason}</p>
      {data.warnings.length > 0 && (
        <ul className={`${own.rows} ${shared.mute}`} aria-label="What to know about these rows">
          {data.warnings.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {data.used > 0 && (
        <dl className={css.facts}>
          <dt>
            <Term term="trainedTokens">Tokens trained on</Term>
          </dt>
          <dd>
            {count(data.supervisedTokens)} of {count(data.tokens)}
          </dd>
          <dt>
            <Term term="duplicates">Duplicate rows</Term>
          </dt>
          <dd>{count(data.duplicates)}</dd>
          <dt>
            <Term term="leaks">Held-out rows also in training</Term>
          </dt>
          <dd>{leaks === null ? '…' : count(leaks)}</dd>
        </dl>
      )}
      {!asksForColumns(data) && <Columns />}
      {data.used + aside > 0 && (
        <div className={own.buttons}>
          <button
            type="button"
            className={shared.accentLink}
            onClick={() => setApp({ tab: 'data', pane: 'answers', drawer: false })}
          >
            {data.used > 0 ? 'View the rows' : 'View the skipped lines'}
          </button>
          {data.used > 0 && (
            <button type="button" className={shared.link} onClick={() => void saveAsJsonLines()}>
              Save as JSONL
            </button>
          )}
        </div>
      )}
    </>
  );
}

function whyNone({ dataError, dataPending, dataWork }: AppState): string {
  if (dataError) return 'not opened';
  if (dataWork) return 'reading…';
  return dataPending ? 'waiting for a model' : 'none open';
}

export function DataCard() {
  const data = useApp((state) => state.data);
  const title = useApp((state) => state.dataTitle || (state.dataPending?.title ?? ''));
  const nothing = useApp(whyNone);
  const choice = useApp((state) => state.dataChoice);
  const work = useApp((state) => state.dataWork);
  const error = useApp((state) => state.dataError);
  const note = useApp((state) => state.dataNote);
  const samples = useApp((state) => state.samples);
  const settings = useApp((state) => state.settings);
  const form = useApp((state) => state.dataForm);
  const locked = useApp(settingsLocked);
  const held = data ? heldOutCount(data.used, settings.evalFraction, MAX_HELD_OUT_ROWS) : 0;
  const aside = data ? data.skipped.bad - data.needTemplate + data.skipped.dropped : 0;
  return (
    <Card
      name="data"
      sheet
      label="Data"
      title={title ? shortName(title, TITLE) : 'No data'}
      sub={
        data ? (
          <>
            {data.waiting > 0
              ? `${plural(data.waiting, 'row')} ${data.waiting === 1 ? 'waits' : 'wait'} for you to say which column is which`
              : plural(data.used, 'row')}
            {data.format && `, ${form}`}
            {data.needTemplate > 0 && ` · ${count(data.needTemplate)} waiting for a chat template`}
            {held > 0 && ` · ${count(held)} held out`}
            {aside > 0 && (
              <>
                {' · '}
                <b>
                  {data.skipped.isEstimate && 'about '}
                  {plural(aside, 'line')} skipped
                </b>
              </>
            )}
            {data.truncatedRows > 0 && ` · ${count(data.truncatedRows)} cut at ${data.maxLength} tokens`}
          </>
        ) : (
          nothing
        )
      }
      below={
        <>
          {work && <WorkLine work={work} again={() => void readAgain()} />}
          {data && data.histogram.counts.length > 1 && (
            <div className={css.below}>
              <Histogram histogram={data.histogram} cut={data.maxLength} />
            </div>
          )}
          {data?.labels && <LabelBar labels={data.labels} />}
          {data && asksForColumns(data) && (
            <div style={{ padding: '0 12px 12px' }}>
              <Columns />
            </div>
          )}
          {data && data.needTemplate > 0 && (
            <div style={{ padding: '0 12px 12px' }}>
              <TemplateNeeded data={data} />
            </div>
          )}
          {note && (
            <p className={shared.mute} style={{ padding: '0 12px 12px' }}>
              {note}
            </p>
          )}
          {error && (
            <div style={{ padding: '0 12px 12px' }}>
              <Trouble
                error={error}
                what="The data was not opened."
                next={locked ? undefined : { label: 'Choose another file', run: chooseDataset }}
                onClose={data ? () => setApp({ dataError: null }) : undefined}
              />
            </div>
          )}
        </>
      }
    >
      <div className={css.choices}>
        <button type="button" className={css.choice} disabled={locked} onClick={chooseDataset}>
          Your files
          <small>
            JSONL, JSON, CSV, TSV, Parquet or plain text, also as .gz or .zip, one or more: chat, question and
            answer, text, Alpaca, ShareGPT, pairs of a better and a worse answer. Or drop or paste them
            anywhere.
          </small>
        </button>
        <button
          type="button"
          className={css.choice}
          disabled={locked}
          onClick={() => setApp({ writing: true })}
        >
          Write a few examples
          <small>Questions and the answers you want, in a table.</small>
        </button>
        {samples.map((sample) => (
          <button
            key={sample.file}
            type="button"
            className={css.choice}
            disabled={locked}
            aria-pressed={choice?.kind === 'sample' && choice.file === sample.file}
            onClick={() => void openSample(sample).then(writeHash)}
          >
            {sample.title}
            <small>
              {sample.description} {sample.rows} rows.
            </small>
          </button>
        ))}
      </div>
      {data && <Found data={data} />}
    </Card>
  );
}
