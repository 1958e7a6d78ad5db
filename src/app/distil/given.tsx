import { useId } from 'react';
import type { KeptDistil } from '../../worker/api/api.ts';
import { pickFiles } from '../actions/choose-files.ts';
import { changeDistil } from '../actions/distil-inputs.ts';
import { settingsLocked } from '../actions/settings.ts';
import { plural, shortName } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useDistil } from '../state/distil.ts';
import { useApp } from '../state/store.ts';
import css from './distil.module.css';
import { ModelField } from './model-field.tsx';
import { TeacherAdapter } from './teacher-adapter.tsx';

const ROWS = '.jsonl,.ndjson,.json,.csv,.tsv,.tab,.txt,.md,.parquet,.gz,.zip';

/** What a distillation is given: a teacher, a student, rows to hold out, questions, and how many are answered. */
export function Given() {
  return (
    <div className={`${shared.card} ${css.given}`}>
      <ModelField of="teacher" />
      <TeacherAdapter />
      <ModelField of="student" />
      <Rows />
      <FileField
        name="heldOut"
        label="Held-out rows"
        none="a quarter of the rows"
        button="Choose a file of held-out rows"
        remove="Split off"
      />
      <FileField
        name="prompts"
        label="Questions"
        none="the teacher writes them, or drop a file of questions here"
        button="Choose a file of questions"
        remove="Remove"
      />
      <HowMany />
    </div>
  );
}

function Rows() {
  const title = useApp((app) => app.dataTitle);
  const used = useApp((app) => app.data?.used ?? 0);
  return (
    <div className={css.input}>
      <span className={shared.label}>Rows</span>
      <span>{used === 0 ? 'none is open' : `${plural(used, 'row')} of ${shortName(title, 28)}`}</span>
    </div>
  );
}

interface FileFieldProps {
  name: 'heldOut' | 'prompts';
  label: string;
  /** Said where none is chosen. */
  none: string;
  button: string;
  remove: string;
}

function FileField({ name, label, none, button, remove }: FileFieldProps) {
  const file = useDistil((distil) => distil[name]);
  const locked = useApp(settingsLocked);
  return (
    <div className={css.input}>
      <span className={shared.label}>{label}</span>
      <span>{file ? shortName(file.name, 28) : none}</span>
      <span className={css.files}>
        <button
          type="button"
          className={shared.accentLink}
          disabled={locked}
          aria-label={button}
          onClick={() => pickFiles(ROWS, false, ([chosen]) => changeDistil({ [name]: chosen }))}
        >
          Choose a file
        </button>
        {file && (
          <button
            type="button"
            className={shared.link}
            disabled={locked}
            aria-label={`${remove}: ${label}`}
            onClick={() => changeDistil({ [name]: null })}
          >
            {remove}
          </button>
        )}
      </span>
    </div>
  );
}

function HowMany() {
  const { wanted, prompts } = useDistil();
  const locked = useApp(settingsLocked);
  const id = useId();
  return (
    <div className={css.input}>
      <span className={shared.label}>
        <label htmlFor={id}>How many</label>
      </span>
      <input
        id={id}
        className={css.text}
        type="text"
        inputMode="numeric"
        autoComplete="off"
        disabled={locked}
        value={wanted}
        placeholder={prompts ? 'All of the questions' : 'As many as there are rows to train on'}
        onChange={(event) => changeDistil({ wanted: event.currentTarget.value })}
      />
    </div>
  );
}

/** The same of the distillation that is shown, in a few words. */
export function GivenWords({ kept: { given, stages } }: { kept: KeptDistil }) {
  const { teacher, adapter, student, own } = given;
  const { train, heldOut } = stages.rows;
  return (
    <p className={shared.faint}>
      Teacher: {teacher.model.name}
      {adapter && ` with “${adapter.name}”`}. Student: {student.model.name}. {plural(train.length, 'row')} to
      train on, {heldOut.length} held out,{' '}
      {own ? plural(own.length, 'question') : 'questions of the teacher’s own'}.
    </p>
  );
}
