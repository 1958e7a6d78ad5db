import { heldOutCount } from '../../data/batches.ts';
import { settingsLocked, writeHash } from '../actions/estimate.ts';
import { openSample } from '../actions/open.ts';
import { chooseDataset } from '../shared/dataset-input.tsx';
import { count, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { MAX_HELD_OUT_ROWS } from '../state/presets.ts';
import { setApp, useApp } from '../state/store.ts';
import { Card } from './card.tsx';
import { Histogram } from './histogram.tsx';
import css from './setup.module.css';
import { WorkLine } from './work-line.tsx';

const FORMATS: Record<string, string> = {
  chat: 'chat',
  'prompt-completion': 'prompt and completion',
  text: 'text',
  alpaca: 'Alpaca',
  sharegpt: 'ShareGPT',
  mapped: 'mapped columns',
};

export function DataCard() {
  const data = useApp((state) => state.data);
  const title = useApp((state) => state.dataTitle);
  const choice = useApp((state) => state.dataChoice);
  const work = useApp((state) => state.dataWork);
  const error = useApp((state) => state.dataError);
  const samples = useApp((state) => state.samples);
  const settings = useApp((state) => state.settings);
  const locked = useApp(settingsLocked);
  const held = data ? heldOutCount(data.used, settings.evalFraction, MAX_HELD_OUT_ROWS) : 0;
  const aside = data ? data.badCount + data.dropped : 0;
  return (
    <Card
      name="data"
      label="Data"
      title={title || 'No data'}
      sub={
        data ? (
          <>
            {plural(data.used, 'row')}
            {data.format && `, ${FORMATS[data.format] ?? data.format}`}
            {held > 0 && ` · ${count(held)} held out`}
            {aside > 0 && (
              <>
                {' · '}
                <b>{plural(aside, 'line')} set aside</b>
              </>
            )}
            {data.truncatedRows > 0 && ` · ${count(data.truncatedRows)} cut at ${settings.maxLength} tokens`}
          </>
        ) : error ? (
          'not opened'
        ) : (
          'reading…'
        )
      }
      below={
        <>
          {work && <WorkLine work={work} />}
          {data && data.histogram.counts.length > 1 && (
            <div className={css.below}>
              <Histogram histogram={data.histogram} cut={settings.maxLength} />
            </div>
          )}
          {error && (
            <div style={{ padding: '0 12px 12px' }}>
              <Trouble error={error} next={{ label: 'Choose another file', run: chooseDataset }} />
            </div>
          )}
        </>
      }
    >
      <div className={css.choices}>
        <button type="button" className={css.choice} disabled={locked} onClick={chooseDataset}>
          A file of yours
          <small>JSONL: chat, prompt and completion, text, Alpaca or ShareGPT. Or drop it anywhere.</small>
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
      {data && (
        <button
          type="button"
          className={shared.accentLink}
          onClick={() => setApp({ tab: 'data', pane: 'answers', drawer: false })}
        >
          Look at the rows
        </button>
      )}
    </Card>
  );
}
