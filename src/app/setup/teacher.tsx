import { type FormEvent, useId, useState } from 'react';
import { settingsLocked } from '../actions/settings.ts';
import {
  chooseTeacher,
  chooseTeacherAdapter,
  openTeacher,
  openTeacherFromHub,
  removeTeacherAdapter,
} from '../actions/teacher.ts';
import { Ask } from '../glossary/term.tsx';
import { bytes } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import own from './model.module.css';
import css from './setup.module.css';
import { WorkLine } from './work-line.tsx';

/** Which model is learned from: whatever can be opened as a model can be a teacher, if it has the same tokenizer. */
export function Teacher() {
  const teacher = useApp((state) => state.teacher);
  const adapter = useApp((state) => state.teacherAdapter);
  const work = useApp((state) => state.teacherWork);
  const error = useApp((state) => state.teacherError);
  const locked = useApp(settingsLocked) || work !== null;
  const [name, setName] = useState('');
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') void openTeacherFromHub(name);
  };
  return (
    <form className={css.field} onSubmit={submit} autoComplete="off">
      <span>
        <label htmlFor={id}>Teacher</label>
        <Ask term="teacher" about="the teacher" />
      </span>
      <div className={own.row}>
        <input
          id={id}
          className={own.text}
          type="text"
          spellCheck={false}
          autoCapitalize="none"
          placeholder="owner/name on the hub"
          disabled={locked}
          value={name}
          aria-describedby={`${id}-about`}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <button
          type="submit"
          className={`${shared.button} ${own.go}`}
          disabled={locked || name.trim() === ''}
        >
          Fetch
        </button>
      </div>
      {error ? (
        <span className={css.wrong} id={`${id}-about`} role="alert">
          {error.text}
        </span>
      ) : (
        <span className={css.hint} id={`${id}-about`}>
          {teacher
            ? `${teacher.name}${adapter === null ? '' : ` with the adapter ${adapter}`}, ${bytes(teacher.bytes)}: it reads the rows before the first step, and makes room for training then.`
            : 'A larger model with the same tokenizer. It reads the rows before the first step, and makes room for training then.'}
        </span>
      )}
      {work && <WorkLine work={work} inBytes />}
      <div className={own.buttons}>
        <button
          type="button"
          className={shared.link}
          disabled={locked}
          onClick={() => chooseTeacher('folder')}
        >
          Open a folder
        </button>
        <button type="button" className={shared.link} disabled={locked} onClick={() => chooseTeacher('gguf')}>
          Open a GGUF file
        </button>
        <button
          type="button"
          className={shared.link}
          disabled={locked}
          onClick={() => void openTeacher({ kind: 'bundled' })}
        >
          The bundled model
        </button>
      </div>
      {teacher && (
        <fieldset
          className={own.buttons}
          style={{ border: 0, margin: 0, padding: 0 }}
          disabled={locked}
          aria-label="Adapter of the teacher"
        >
          {adapter === null ? (
            <>
              <button type="button" className={shared.link} onClick={() => chooseTeacherAdapter('folder')}>
                Add its adapter, a folder
              </button>
              <button type="button" className={shared.link} onClick={() => chooseTeacherAdapter('zip')}>
                Add its adapter, a zip
              </button>
            </>
          ) : (
            <button type="button" className={shared.link} onClick={() => void removeTeacherAdapter()}>
              Remove its adapter
            </button>
          )}
        </fieldset>
      )}
    </form>
  );
}
