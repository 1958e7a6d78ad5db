import { useId, useState } from 'react';
import { type ExpectationKind, KINDS } from '../../lab/expectations/expectation.ts';
import { addExpectation } from '../actions/expectations.ts';
import shared from '../shared/shared.module.css';
import css from './expectations.module.css';

/** One more: a question, and what its answer must have. */
export function AddExpectation({ run }: { run: string }) {
  const [prompt, setPrompt] = useState('');
  const [kind, setKind] = useState<ExpectationKind>('contains');
  const [wanted, setWanted] = useState('');
  const id = useId();
  const { wants, about } = KINDS[kind];
  return (
    <form
      className={css.add}
      onSubmit={async (event) => {
        event.preventDefault();
        if (!(await addExpectation(run, { prompt, kind, wanted }))) return;
        setPrompt('');
        setWanted('');
      }}
    >
      <label className={css.question}>
        <span>Question</span>
        <input
          type="text"
          className={css.box}
          value={prompt}
          onChange={(event) => setPrompt(event.currentTarget.value)}
        />
      </label>
      <label>
        <span>Its answer</span>
        <select
          className={css.box}
          aria-describedby={`${id}-about`}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as ExpectationKind)}
        >
          {Object.entries(KINDS).map(([key, { label }]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Text</span>
        <input
          type="text"
          className={css.box}
          disabled={!wants}
          value={wants ? wanted : ''}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
      </label>
      <button
        type="submit"
        className={shared.button}
        disabled={prompt.trim() === '' || (wants && wanted.trim() === '')}
      >
        Add expectation
      </button>
      <p className={shared.faint} id={`${id}-about`}>
        {about}
      </p>
    </form>
  );
}
