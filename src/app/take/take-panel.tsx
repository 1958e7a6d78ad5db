import { useEffect, useId, useState } from 'react';
import { dtypeTrainedFor, type ExportDtype, type FormatWords, type Lines } from '../../export/format.ts';
import type { FormatId } from '../../export/formats/list.ts';
import { fileName } from '../../files/file-name.ts';
import type { LinesRequest, ModelInfo } from '../../worker/api/api.ts';
import { cardText, loadingLines, take } from '../actions/take.ts';
import { adapterValues } from '../outcome/moved.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { isAskedRaw } from '../state/prompt-form.ts';
import { useApp } from '../state/store.ts';
import { CodeLines, DownloadButton, WithBase } from './parts.tsx';
import { sizeOf } from './size.ts';
import css from './take.module.css';

/** Every format that the adapter can be taken away in, one shown at a time. */
export function TakePanel() {
  const model = useApp((state) => state.model);
  return model && <Formats model={model} />;
}

export function Formats({ model }: { model: ModelInfo }) {
  const method = useApp(({ run, adapter }) => run.summary?.method ?? adapter?.info.settings.method ?? 'lora');
  const formats = model.exports
    .filter(({ from }) => from === 'adapter')
    .map((format) => ({ ...format, refused: format.refusedFor[method] ?? null }));
  const [id, setId] = useState(formats[0].id);
  const format = formats.find((one) => one.id === id) ?? formats[0];
  return (
    <div className={css.panel} data-tour="adapter">
      <fieldset className={css.forms}>
        <legend className={shared.hidden}>Form</legend>
        {formats.map((one) => (
          <label key={one.id} data-no={one.refused ? '' : undefined}>
            <input type="radio" name="take-form" checked={one.id === id} onChange={() => setId(one.id)} />
            {one.label}
          </label>
        ))}
      </fieldset>
      <OneFormat key={id} format={format} model={model} />
    </div>
  );
}

function OneFormat({ format, model }: { format: FormatWords<FormatId>; model: ModelInfo }) {
  const run = useApp((state) => state.run);
  const settings = useApp((state) => state.runSettings);
  const raw = useApp(isAskedRaw);
  const name = useApp((state) => fileName(state.runName || (state.adapter?.name ?? '')));
  const error = useApp((state) => state.takeError);
  const [includeBase, setIncludeBase] = useState(true);
  const [chosen, setDtype] = useState<ExportDtype | null>(null);
  const trainedFor = useApp(({ run, runSettings, adapter }) =>
    run.summary ? runSettings?.mergeTarget : adapter?.info.mergeTarget,
  );
  const dtype = chosen ?? dtypeTrainedFor(format, trainedFor);
  const [card, setCard] = useState<string | null>(null);
  const { refused, zipped } = format;
  const baseToo = model.kind === 'bundled' && format.takesBase;
  const withBase = baseToo && includeBase;
  const trained = run.summary?.trainable_parameters;
  const size = sizeOf(format, dtype, model, trained === undefined ? null : adapterValues(trained, settings));
  return (
    <>
      <p className={shared.mute}>{format.about}</p>
      {format.dtypes.length > 1 && !refused && (
        <Precision format={format} dtype={dtype} onChange={setDtype} />
      )}
      <DownloadButton
        format={format}
        size={size}
        base={withBase ? model.bytes : 0}
        disabled={refused !== null}
        onPress={(about) => void take({ format: format.id, dtype, includeBase: withBase, card }, about)}
      />
      {refused && <p className={css.reason}>{refused}</p>}
      {baseToo && <WithBase checked={includeBase} onChange={setIncludeBase} />}
      {error && <Trouble error={error} what="The download was not made." />}
      {!refused && (
        <LoadingLines
          title={zipped ? 'Run in the unzipped folder' : 'Run next to the file'}
          model={model}
          request={{ format: format.id, dtype, name, raw }}
        />
      )}
      {zipped && !refused && <CardEditor format={format.id} dtype={dtype} text={card} onChange={setCard} />}
    </>
  );
}

/** The lines that load the download, which the worker knows with everything else that a format writes. */
function LoadingLines(props: { title: string; model: ModelInfo; request: LinesRequest }) {
  const [found, setFound] = useState<Lines | null>(null);
  const [error, setError] = useState<PageError | null>(null);
  const { title, model } = props;
  const { format, dtype, name, raw } = props.request;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines name the model that is open
  useEffect(() => {
    let wanted = true;
    loadingLines({ format, dtype, name, raw }).then(
      (lines) => {
        if (!wanted) return;
        setFound(lines);
        setError(null);
      },
      (failure) => wanted && setError(pageError(failure)),
    );
    return () => {
      wanted = false;
    };
  }, [model, format, dtype, name, raw]);
  if (error) return <Trouble error={error} what="The lines that load it were not made." />;
  return found && <CodeLines title={title} language={found.language} lines={found.lines} />;
}

function Precision(props: {
  format: FormatWords;
  dtype: ExportDtype | null;
  onChange(dtype: ExportDtype): void;
}) {
  const id = useId();
  return (
    <div className={shared.between}>
      <label htmlFor={id}>Precision</label>
      <select
        id={id}
        className={css.select}
        value={props.dtype ?? props.format.dtypes[0].value}
        onChange={(event) => props.onChange(event.currentTarget.value as ExportDtype)}
      >
        {props.format.dtypes.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** The model card (README.md) that goes into the download, to be changed before. */
function CardEditor(props: {
  format: FormatId;
  dtype: ExportDtype | null;
  text: string | null;
  onChange(text: string | null): void;
}) {
  const [error, setError] = useState<PageError | null>(null);
  const id = useId();
  const { format, dtype, text } = props;
  const begin = () =>
    cardText({ format, dtype })
      .then(props.onChange)
      .catch((failure) => setError(pageError(failure)));
  if (error) return <Trouble error={error} what="The model card was not made." />;
  if (text === null)
    return (
      <div>
        <button type="button" className={shared.accentLink} onClick={() => void begin()}>
          Edit the model card first
        </button>
      </div>
    );
  return (
    <section className={css.code}>
      <div className={shared.between}>
        <label className={shared.heading} htmlFor={id}>
          Model card <span>README.md</span>
        </label>
        <button type="button" className={shared.link} onClick={() => props.onChange(null)}>
          Reset
        </button>
      </div>
      <textarea
        id={id}
        className={`${css.editor} ${shared.mono}`}
        rows={16}
        spellCheck
        value={text}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      />
    </section>
  );
}
