import { useId } from 'react';
import type { KeptFrontier } from '../../worker/api/api.ts';
import { pickFiles } from '../actions/choose-files.ts';
import {
  addModel,
  askModel,
  changeFrontier,
  enoughProblem,
  usesKeptRows,
} from '../actions/frontier-inputs.ts';
import { settingsLocked } from '../actions/settings.ts';
import { useKeptFocus } from '../experiment/use-kept-focus.ts';
import { Ask } from '../glossary/term.tsx';
import { plural, shortName } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useFrontier } from '../state/frontier.ts';
import type { ModelPick } from '../state/model-pick.ts';
import { useApp } from '../state/store.ts';
import css from './frontier.module.css';
import { ModelLine } from './model-line.tsx';

const ROWS = '.jsonl,.ndjson,.json,.csv,.tsv,.tab,.txt,.md,.parquet,.gz,.zip';

/** What is compared: the models, the rows, and what suffices. */
export function Given() {
  const models = useFrontier((frontier) => frontier.models);
  const asBefore = useFrontier(usesKeptRows);
  return (
    <div className={`${shared.card} ${css.given}`}>
      <div className={css.models}>
        {models.map((one, i) => (
          <ModelLine key={one.key} of={one} place={i + 1} alone={models.length === 1} />
        ))}
        <AddModel />
      </div>
      <Rows />
      {!asBefore && <HeldOut />}
      <Enough />
    </div>
  );
}

function AddModel() {
  const locked = useApp(settingsLocked);
  const buttons = useKeptFocus<HTMLSpanElement>(useFrontier(({ models }) => models.length));
  const add = (label: string, about: string, run: () => void) => (
    <button type="button" className={shared.accentLink} disabled={locked} aria-label={about} onClick={run}>
      {label}
    </button>
  );
  const files = (accept: string | null) =>
    askModel(accept, (pick) => addModel({ kind: 'files', ...pick } satisfies ModelPick));
  return (
    <div className={css.input}>
      <span className={shared.label}>Add</span>
      <span ref={buttons} className={css.ways}>
        {add('The bundled model', 'Add the bundled model', () => addModel({ kind: 'bundled' }))}
        {add('One on the hub', 'Add one on the hub', () => addModel({ kind: 'hub', text: '' }))}
        {add('A folder', 'Add a folder', () => files(null))}
        {add('A GGUF file', 'Add a GGUF file', () => files('.gguf'))}
      </span>
    </div>
  );
}

function Rows() {
  const title = useApp((app) => app.dataTitle);
  const used = useApp((app) => app.data?.used ?? 0);
  const before = useFrontier(({ kept }) => kept?.title ?? null);
  const asBefore = useFrontier(usesKeptRows);
  const locked = useApp(settingsLocked);
  const open = used === 0 ? 'none is open' : `${plural(used, 'row')} of ${shortName(title, 28)}`;
  return (
    <div className={css.input}>
      <span className={shared.label}>Rows</span>
      <span>{asBefore ? `${shortName(before ?? '', 28)}, as before` : open}</span>
      {before !== null && (
        <span className={css.below}>
          <button
            type="button"
            className={shared.accentLink}
            disabled={locked}
            onClick={() => changeFrontier({ rows: asBefore ? 'open' : 'kept' })}
          >
            {asBefore ? 'Take the open rows' : 'Take those of before'}
          </button>
        </span>
      )}
    </div>
  );
}

function HeldOut() {
  const file = useFrontier((frontier) => frontier.heldOut);
  const locked = useApp(settingsLocked);
  return (
    <div className={css.input}>
      <span className={shared.label}>Held-out rows</span>
      <span>{file ? shortName(file.name, 28) : 'a quarter of the rows'}</span>
      <span className={css.below}>
        <button
          type="button"
          className={shared.accentLink}
          disabled={locked}
          aria-label="Choose a file of held-out rows"
          onClick={() => pickFiles(ROWS, false, ([chosen]) => changeFrontier({ heldOut: chosen }))}
        >
          Choose a file
        </button>
        {file && (
          <button
            type="button"
            className={shared.link}
            disabled={locked}
            aria-label="Split off: Held-out rows"
            onClick={() => changeFrontier({ heldOut: null })}
          >
            Split off
          </button>
        )}
      </span>
    </div>
  );
}

function Enough() {
  const { enough, stopAtFirst } = useFrontier();
  const locked = useApp(settingsLocked);
  const [field, trouble] = [useId(), useId()];
  const problem = enoughProblem(enough);
  return (
    <div className={css.input}>
      <span className={shared.label}>
        <label htmlFor={field}>Enough</label> <Ask term="requirement" about="what suffices" />
      </span>
      <input
        id={field}
        className={css.text}
        type="text"
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        disabled={locked}
        value={enough}
        placeholder="metric >= 0.9 and memory_bytes < 1e9"
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : trouble}
        onChange={(event) => changeFrontier({ enough: event.currentTarget.value })}
      />
      {problem !== null && (
        <p id={trouble} className={shared.faint} role="status">
          Cannot be used: {problem}
        </p>
      )}
      <label className={shared.smallTick}>
        <input
          type="checkbox"
          checked={stopAtFirst}
          disabled={locked || enough.trim() === ''}
          onChange={(event) => changeFrontier({ stopAtFirst: event.currentTarget.checked })}
        />
        Stop after the first that suffices
      </label>
    </div>
  );
}

/** The same of what is shown, in a few words. */
export function GivenWords({ kept: { given, title } }: { kept: KeptFrontier }) {
  const { models, enough, stopAtFirst, rows } = given;
  return (
    <p className={shared.faint}>
      {models.map(({ model, dtypes }) => `${model.name} (${dtypes.join(', ')})`).join('; ')}. Rows: {title},{' '}
      {rows.split ? 'a quarter of them held out' : `held out: ${rows.heldOut.name}`}.
      {enough !== '' && ` Enough: ${enough}${stopAtFirst ? ', and nothing dearer then' : ''}.`}
    </p>
  );
}
