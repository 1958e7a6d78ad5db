import { useId, useState } from 'react';
import { guessColumns, pathsIn } from '../../data/forms/column-names.ts';
import { exchangeOf } from '../../data/forms/questions.ts';
import { readRow } from '../../data/forms/read.ts';
import type { Mapping } from '../../data/forms/row.ts';
import type { DataReport } from '../../data/types.ts';
import { chooseColumns } from '../actions/data.ts';
import { settingsLocked } from '../actions/settings.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import own from './model.module.css';
import css from './setup.module.css';

/** Forms whose rows are lists of turns: no column of theirs is a question or an answer. */
const TURNS = new Set(['chat', 'sharegpt', 'contents', 'dialogue']);

/** Which columns are asked, answered and read as system text; opens by itself where that is not clear. */
export function Columns({ data }: { data: DataReport }) {
  const given = useApp((state) => state.dataChoice?.mapping);
  const [shown, setShown] = useState(false);
  if (data.columns.length === 0 || TURNS.has(data.format ?? '')) return null;
  const unclear = data.format === null || data.guessed;
  if (!unclear && !shown)
    return (
      <button type="button" className={shared.link} onClick={() => setShown(true)}>
        Choose the columns
      </button>
    );
  const start = given ?? guessColumns(data.columns) ?? { text: data.columns[0] };
  return <Chooser key={JSON.stringify([data.columns, start])} data={data} start={start} />;
}

function Chooser({ data, start }: { data: DataReport; start: Mapping }) {
  const columns = [...new Set([...data.columns, ...pathsIn(data.firstRows)])];
  const [mapping, setMapping] = useState<Mapping>(start);
  const locked = useApp(settingsLocked);
  const isText = 'text' in mapping;
  const pair = isText ? guessColumns(columns) : mapping;
  return (
    <section className={own.part} aria-label="Columns">
      <Choice
        label="Each row has"
        value={isText ? 'text' : 'pair'}
        options={[
          ['pair', 'question, answer'],
          ['text', 'one text'],
        ]}
        onChange={(value) =>
          setMapping(value === 'text' || !pair || 'text' in pair ? { text: columns[0] } : pair)
        }
      />
      {isText ? (
        <Choice
          label="Text column"
          value={mapping.text}
          options={columns.map((name) => [name, name])}
          onChange={(text) => setMapping({ text })}
        />
      ) : (
        <>
          <Choice
            label="Question column"
            value={mapping.prompt}
            options={columns.map((name) => [name, name])}
            onChange={(prompt) => setMapping({ ...mapping, prompt })}
          />
          <Choice
            label="Answer column"
            value={mapping.completion}
            options={columns.map((name) => [name, name])}
            onChange={(completion) => setMapping({ ...mapping, completion })}
          />
          <Choice
            label="System column"
            value={mapping.system ?? ''}
            options={[['', 'none'], ...columns.map((name): [string, string] => [name, name])]}
            onChange={(system) =>
              setMapping({
                prompt: mapping.prompt,
                completion: mapping.completion,
                ...(system ? { system } : {}),
              })
            }
          />
        </>
      )}
      <FirstRows rows={data.firstRows} mapping={mapping} />
      <button
        type="button"
        className={shared.button}
        disabled={locked}
        onClick={() => void chooseColumns(mapping)}
      >
        Use these columns
      </button>
    </section>
  );
}

/** Characters of a question or an answer that are shown. */
const SHOWN = 120;

/** The first rows as these columns would have them asked and answered. */
function FirstRows({ rows, mapping }: { rows: DataReport['firstRows']; mapping: Mapping }) {
  return (
    <ol className={own.rows} aria-label="The first rows with these columns">
      {rows.map((row, i) => {
        const read = readRow(row, { mapping });
        if (typeof read === 'string')
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the first rows of a file have no other key.
            <li key={i} className={css.wrong}>
              {read}
            </li>
          );
        const { question, answer } = exchangeOf(read.example);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above.
          <li key={i}>
            {question && <span>{cut(question)}</span>} <b>{cut(answer)}</b>
          </li>
        );
      })}
    </ol>
  );
}

function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function Choice(props: {
  label: string;
  value: string;
  options: readonly (readonly [value: string, label: string])[];
  onChange(value: string): void;
}) {
  const id = useId();
  return (
    <div className={css.field} style={{ gridTemplateColumns: '112px minmax(0, 1fr)' }}>
      <label htmlFor={id}>{props.label}</label>
      <select
        id={id}
        className={css.box}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        {props.options.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}
