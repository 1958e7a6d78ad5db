import { useId, useState } from 'react';
import { exportTarget, fileName } from '../../export/download-names.ts';
import type { ExportDtype, ExportFormat, ModelInfo } from '../../worker/api/api.ts';
import { cardText, take } from '../actions/take.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useApp } from '../state/store.ts';
import { bytesOf, FORMS, type Form, linesFor } from './forms.ts';
import { CodeLines, DownloadButton, WithBase } from './parts.tsx';
import css from './take.module.css';

/** Every form that the adapter can be taken away in, one shown at a time. */
export function TakePanel() {
  const model = useApp((state) => state.model);
  const [format, setFormat] = useState<ExportFormat>('peft');
  const form = FORMS.find((one) => one.format === format) ?? FORMS[0];
  if (!model) return null;
  return (
    <div className={css.panel}>
      <fieldset className={css.forms}>
        <legend className={shared.hidden}>Form</legend>
        {FORMS.map((one) => (
          <label key={one.format} data-no={model.refusedExports[one.format] ? '' : undefined}>
            <input
              type="radio"
              name="take-form"
              checked={one.format === format}
              onChange={() => setFormat(one.format)}
            />
            {one.label}
          </label>
        ))}
      </fieldset>
      <OneForm key={format} form={form} model={model} />
    </div>
  );
}

function OneForm({ form, model }: { form: Form; model: ModelInfo }) {
  const { format } = form;
  const run = useApp((state) => state.run);
  const raw = useApp((state) => state.runSettings?.raw ?? false);
  const name = useApp((state) => fileName(state.runName || (state.adapter?.name ?? '')));
  const error = useApp((state) => state.takeError);
  const [includeBase, setIncludeBase] = useState(true);
  const [dtype, setDtype] = useState<ExportDtype | null>(null);
  const [card, setCard] = useState<string | null>(null);
  const reason = model.refusedExports[format];
  const merged = format.startsWith('merged');
  const withBase = model.kind === 'bundled' && !merged && includeBase;
  const size = bytesOf(form, dtype, model, run.summary?.trainable_parameters ?? null);
  const target = exportTarget({ format, dtype }, name);
  const { language, lines } = linesFor(format, { id: model.id, chat: model.hasTemplate && !raw }, target);
  return (
    <>
      <p className={shared.mute}>{form.about}</p>
      {form.dtypes.length > 1 && !reason && <Precision form={form} dtype={dtype} onChange={setDtype} />}
      <DownloadButton
        form={form}
        size={size === null ? null : size + (withBase ? model.bytes : 0)}
        disabled={reason !== undefined}
        onPress={(about) => void take({ format, dtype, includeBase: withBase, card }, about)}
      />
      {reason && <p className={css.reason}>{reason}</p>}
      {model.kind === 'bundled' && !merged && <WithBase checked={includeBase} onChange={setIncludeBase} />}
      {error && <Trouble error={error} />}
      {!reason && (
        <CodeLines
          title={format === 'merged-gguf' ? 'Run next to the file' : 'Run in the unzipped folder'}
          language={language}
          lines={lines}
        />
      )}
      {form.card && !reason && <CardEditor format={format} dtype={dtype} text={card} onChange={setCard} />}
    </>
  );
}

function Precision(props: { form: Form; dtype: ExportDtype | null; onChange(dtype: ExportDtype): void }) {
  const id = useId();
  return (
    <div className={shared.between}>
      <label htmlFor={id}>Precision</label>
      <select
        id={id}
        className={css.select}
        value={props.dtype ?? props.form.dtypes[0].value}
        onChange={(event) => props.onChange(event.currentTarget.value as ExportDtype)}
      >
        {props.form.dtypes.map(({ value, label }) => (
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
  format: ExportFormat;
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
  if (error) return <Trouble error={error} />;
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
