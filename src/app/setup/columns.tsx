import { useId, useState } from 'react';
import { guessColumns } from '../../data/forms/column-names.ts';
import type { Mapping } from '../../data/forms/row.ts';
import type { DataReport } from '../../data/types.ts';
import { chooseColumns } from '../actions/data.ts';
import { settingsLocked } from '../actions/settings.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import own from './model.module.css';
import css from './setup.module.css';

/** Which columns are asked, answered and read as instructions; open by itself where that is not clear. */
export function Columns({ data }: { data: DataReport }) {
  const given = useApp((state) => state.dataChoice?.mapping);
  const [shown, setShown] = useState(false);
  if (data.columns.length === 0 || data.format === 'chat' || data.format === 'sharegpt') return null;
  const unclear = data.format === null;
  if (!unclear && !shown)
    return (
      <button type="button" className={shared.link} onClick={() => setShown(true)}>
        Choose the columns
      </button>
    );
  const start = given ?? guessColumns(data.columns) ?? { text: data.columns[0] };
  return <Chooser key={JSON.stringify([data.columns, start])} columns={data.columns} start={start} />;
}

function Chooser({ columns, start }: { columns: readonly string[]; start: Mapping }) {
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
          ['pair', 'a question and its answer'],
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
