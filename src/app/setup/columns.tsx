import { Fragment, useId, useState } from 'react';
import { textColumns } from '../../data/forms/propose.ts';
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
export default function Columns() {
  const data = useApp((state) => state.data);
  return data && <Found data={data} />;
}

function Found({ data }: { data: DataReport }) {
  const given = useApp((state) => state.dataChoice?.mapping);
  const [shown, setShown] = useState(false);
  const [first, ...others] = textColumns(data.firstRows);
  if (first === undefined || (TURNS.has(data.format ?? '') && others.length === 0)) return null;
  const unclear = data.format === null || data.guessed;
  if (!unclear && !shown)
    return (
      <button type="button" className={shared.link} onClick={() => setShown(true)}>
        Change columns
      </button>
    );
  const start = given ?? data.proposed ?? { text: first };
  return (
    <Chooser
      key={JSON.stringify([data.columns, start])}
      data={data}
      columns={[first, ...others]}
      start={start}
      chosen={given !== undefined}
    />
  );
}

function Chooser(props: { data: DataReport; columns: readonly string[]; start: Mapping; chosen: boolean }) {
  const { data, columns, start } = props;
  const [mapping, setMapping] = useState<Mapping>(start);
  const locked = useApp(settingsLocked);
  const options = columns.map((name): [string, string] => [name, name]);
  return (
    <section className={own.part} aria-label="Columns">
      <Choice
        label="Each row has"
        value={'text' in mapping ? 'text' : 'pair'}
        options={[
          ['pair', 'question, answer'],
          ['text', 'one text'],
        ]}
        onChange={(value) =>
          setMapping(value === 'text' ? asText(mapping) : asPair(start, data.proposed, columns))
        }
      />
      {'text' in mapping ? (
        <Choice
          label="Text column"
          value={mapping.text}
          options={options}
          onChange={(text) => setMapping({ text })}
        />
      ) : (
        <>
          <Choice
            label="Question column"
            value={mapping.prompt}
            options={options}
            onChange={(prompt) => setMapping({ ...mapping, prompt })}
          />
          <Choice
            label="Answer column"
            value={mapping.completion}
            options={options}
            onChange={(completion) => setMapping({ ...mapping, completion })}
          />
          <Choice
            label="System column"
            value={mapping.system ?? ''}
            options={[['', 'none'], ...options]}
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
      {props.chosen && (
        <button
          type="button"
          className={shared.link}
          disabled={locked}
          onClick={() => void chooseColumns(undefined)}
        >
          Undo the choice
        </button>
      )}
    </section>
  );
}

function asText(mapping: Mapping): Mapping {
  return 'text' in mapping ? mapping : { text: mapping.completion };
}

/** A question and an answer: as they were chosen or proposed, else the first two columns. */
function asPair(start: Mapping, proposed: Mapping | null, columns: readonly string[]): Mapping {
  const pair = [start, proposed].find((mapping) => mapping && 'prompt' in mapping);
  return pair ?? { prompt: columns[0], completion: columns[1] ?? columns[0] };
}

/** Characters of a question or an answer that are shown. */
const SHOWN = 120;

/** The first rows as these columns would have them asked and answered. */
function FirstRows({ rows, mapping }: { rows: DataReport['firstRows']; mapping: Mapping }) {
  return (
    <ol className={own.asked} aria-label="The first rows with these columns">
      {rows.map((row, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the first rows of a file have no other key.
        <li key={i}>
          <FirstRow read={readRow(row, { mapping })} />
        </li>
      ))}
    </ol>
  );
}

function FirstRow({ read }: { read: ReturnType<typeof readRow> }) {
  if (typeof read === 'string') return <p className={css.wrong}>{read}</p>;
  const { question, answer } = exchangeOf(read.example);
  const system = read.example.kind === 'messages' ? read.example.messages[0] : null;
  const parts: [label: string, text: string][] = [
    ['System', system?.role === 'system' ? system.content : ''],
    ['Question', question],
    [read.example.kind === 'text' ? 'Text' : 'Answer', answer],
  ];
  return (
    <dl>
      {parts.map(
        ([label, text]) =>
          text !== '' && (
            <Fragment key={label}>
              <dt>{label}</dt>
              <dd dir="auto">{cut(text)}</dd>
            </Fragment>
          ),
      )}
    </dl>
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
