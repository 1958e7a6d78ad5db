import { heldOutCount, MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import { pickFiles } from '../actions/choose-files.ts';
import { addDocuments, changePrompt, chooseHeldOut, removeDocuments } from '../actions/ladder-inputs.ts';
import { settingsLocked } from '../actions/settings.ts';
import { plural, shortName } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { type LadderView, useLadder } from '../state/ladder.ts';
import { useApp } from '../state/store.ts';
import css from './ladder.module.css';
import { Metric } from './metric.tsx';

const ROWS = '.jsonl,.ndjson,.json,.csv,.tsv,.tab,.txt,.md,.parquet,.gz,.zip';
const DOCUMENTS = '.txt,.text,.md,.markdown,.html,.htm,.xhtml';

/** What the ladder is given: rows to hold out, documents, an instruction, a metric, and an adapter or a training. */
export function Given() {
  return (
    <div className={`${shared.card} ${css.given}`}>
      <HeldOut />
      <Documents />
      <Instruction />
      <Metric />
      <TunedBy />
    </div>
  );
}

/** The same in a few words. */
export function givenWords({ heldOut, documents, prompt, metric }: LadderView): string {
  return [
    heldOut ? shortName(heldOut.name, 28) : 'rows split off',
    documents.length === 0 ? 'no documents' : documentWords(documents),
    prompt.trim() === '' ? 'the instruction of the rows' : 'an instruction of your own',
    ...(metric.trim() === '' ? [] : ['a metric of your own']),
  ].join(', ');
}

function documentWords(documents: LadderView['documents']): string {
  return documents.length === 1 ? shortName(documents[0].name, 28) : plural(documents.length, 'document');
}

function HeldOut() {
  const heldOut = useLadder((ladder) => ladder.heldOut);
  const locked = useApp(settingsLocked);
  const used = useApp((app) => app.data?.used ?? 0);
  const fraction = useApp((app) => app.settings.evalFraction);
  const held = heldOutCount(used, fraction, MAX_HELD_OUT_ROWS);
  const split =
    held > 0
      ? `${held} of ${plural(used, 'row')}, split off`
      : 'none: choose a file, or hold out a share of the rows';
  return (
    <div className={css.input}>
      <span className={shared.label}>Held-out rows</span>
      <span>{heldOut ? shortName(heldOut.name, 28) : split}</span>
      <span className={css.ways}>
        <button
          type="button"
          className={shared.accentLink}
          disabled={locked}
          aria-label="Choose a file of held-out rows"
          onClick={() => pickFiles(ROWS, false, ([file]) => chooseHeldOut(file))}
        >
          Choose a file
        </button>
        {heldOut && (
          <button type="button" className={shared.link} disabled={locked} onClick={() => chooseHeldOut(null)}>
            Split off
          </button>
        )}
      </span>
    </div>
  );
}

function Documents() {
  const documents = useLadder((ladder) => ladder.documents);
  const notes = useLadder((ladder) => ladder.documentNotes);
  const locked = useApp(settingsLocked);
  return (
    <div className={css.input}>
      <span className={shared.label}>Documents</span>
      <span>
        {documents.length === 0 ? 'none: drop text, Markdown or HTML here' : documentWords(documents)}
      </span>
      <span className={css.ways}>
        <button
          type="button"
          className={shared.accentLink}
          disabled={locked}
          aria-label="Choose files of documents"
          onClick={() =>
            pickFiles(
              DOCUMENTS,
              true,
              (files) => void addDocuments(files.map((file) => ({ path: file.name, file }))),
            )
          }
        >
          Choose files
        </button>
        {documents.length > 0 && (
          <button
            type="button"
            className={shared.link}
            disabled={locked}
            aria-label="Remove the documents"
            onClick={removeDocuments}
          >
            Remove
          </button>
        )}
      </span>
      {notes.map((note) => (
        <p key={note} className={shared.faint}>
          {note}
        </p>
      ))}
    </div>
  );
}

function Instruction() {
  const prompt = useLadder((ladder) => ladder.prompt);
  const locked = useApp(settingsLocked);
  return (
    <label className={css.input}>
      <span className={shared.label}>Instruction</span>
      <textarea
        className={css.prompt}
        rows={1}
        value={prompt}
        disabled={locked}
        placeholder="The system turn that most rows share"
        onChange={(event) => changePrompt(event.currentTarget.value)}
      />
    </label>
  );
}

/** Asked only where there is a choice. */
function TunedBy() {
  const tunedBy = useLadder((ladder) => ladder.tunedBy);
  const locked = useApp(settingsLocked);
  const tuned = useApp((app) => app.tuned);
  const name = useApp((app) => (app.tuned === app.adapter?.info.id ? app.adapter?.name : app.runName));
  if (tuned === null) return null;
  const choice = (value: 'training' | 'shelf', label: string) => (
    <label className={shared.tick}>
      <input
        type="radio"
        name="tuned-by"
        checked={tunedBy === value}
        disabled={locked}
        onChange={() => useLadder.setState({ tunedBy: value })}
      />
      {label}
    </label>
  );
  return (
    <fieldset className={css.input}>
      <legend className={shared.label}>Adapter</legend>
      {choice('training', 'Train one with these settings')}
      {choice('shelf', `Use “${name}” as it is`)}
    </fieldset>
  );
}
