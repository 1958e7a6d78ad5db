import { useEffect, useId, useState } from 'react';
import { isTemplateName, TEMPLATE_NAMES, type TemplateName } from '../../data/text/template-names.ts';
import type { DataReport, RowPreview } from '../../data/types.ts';
import type { ModelInfo } from '../../worker/api/api.ts';
import { chooseTemplateFile } from '../actions/choose-files.ts';
import { tryTemplate } from '../actions/models.ts';
import { chooseTemplate } from '../actions/open.ts';
import { settingsLocked } from '../actions/settings.ts';
import { plural } from '../shared/format.ts';
import { pageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { TokenLegend, Tokens } from '../shared/tokens.tsx';
import { Trouble } from '../shared/trouble.tsx';
import { useApp } from '../state/store.ts';
import own from './model.module.css';
import css from './setup.module.css';

const LABELS: Record<TemplateName, string> = {
  plain: 'Plain: User: … Assistant: …',
  chatml: 'ChatML: <|im_start|>user …',
  alpaca: 'Alpaca: ### Instruction: …',
};

/** What a chat template is called that was chosen; null: the model's own, or none. */
export function templateLabel(chosen: string | null): string {
  if (chosen === null) return 'the model’s own';
  return isTemplateName(chosen) ? chosen : 'a file of your own';
}

/** Rows that wait for a chat template, with one proposed; nothing where none does. */
export function TemplateNeeded({ data }: { data: DataReport }) {
  const model = useApp((state) => state.model);
  if (!model || model.hasTemplate || data.needTemplate === 0) return null;
  const { proposed } = model.template;
  return (
    <section className={own.part} aria-label="Chat template needed">
      <p>
        {plural(data.needTemplate, 'row')}{' '}
        {data.needTemplate === 1 ? 'is a conversation' : 'are conversations'}, and {model.name} has no chat
        template to write {data.needTemplate === 1 ? 'it' : 'them'} with. Choose one: it is used for training
        and for every answer, and goes with the export.
      </p>
      <Chooser key={model.id} model={model} start={proposed} />
    </section>
  );
}

/** The chat template in use, in the Model card, to look at and to change. */
export function ChatTemplate({ model }: { model: ModelInfo }) {
  const { chosen } = model.template;
  const waits = useApp((state) => (state.data?.needTemplate ?? 0) > 0);
  // Where rows wait for one, it is chosen beside them.
  if (waits && !model.hasTemplate) return null;
  return <Chooser key={`${model.id} ${chosen}`} model={model} start={chosen} />;
}

/** `start`: what is shown first, a name or Jinja text; null: the model's own. */
function Chooser({ model, start }: { model: ModelInfo; start: string | null }) {
  const [picked, setPicked] = useState(start);
  const locked = useApp(settingsLocked);
  const error = useApp((state) => state.templateError);
  const id = useId();
  const inUse = model.template.chosen;
  const isFile = picked !== null && !isTemplateName(picked);
  return (
    <div className={own.part}>
      <div className={css.field} style={{ gridTemplateColumns: 'auto minmax(0, 1fr)' }}>
        <label htmlFor={id}>Chat template</label>
        <select
          id={id}
          className={css.box}
          disabled={locked}
          value={isFile ? 'file' : (picked ?? '')}
          aria-describedby={`${id}-hint`}
          onChange={({ currentTarget: { value } }) => {
            if (value === 'file') chooseTemplateFile(setPicked);
            else setPicked(value || null);
          }}
        >
          <option value="">{model.template.own ? 'The model’s own' : 'None'}</option>
          {TEMPLATE_NAMES.map((name) => (
            <option key={name} value={name}>
              {LABELS[name]}
            </option>
          ))}
          <option value="file">{isFile ? 'A file of your own' : 'A file of your own…'}</option>
        </select>
        <span className={css.hint} id={`${id}-hint`}>
          How turns are written for the model, in tokens that it has.
        </span>
      </div>
      {picked !== null && <FirstRows template={picked} />}
      {error && <Trouble error={error} what="The chat template was not accepted." />}
      {isFile && !locked && (
        <button type="button" className={shared.link} onClick={() => chooseTemplateFile(setPicked)}>
          Choose another file
        </button>
      )}
      {picked !== inUse && (
        <button
          type="button"
          className={shared.button}
          disabled={locked}
          onClick={() => void chooseTemplate(picked)}
        >
          {picked === null
            ? model.template.own
              ? 'Use the model’s own'
              : 'Use no chat template'
            : 'Use this chat template'}
        </button>
      )}
      <OtherThanTheRun chosen={inUse} />
    </div>
  );
}

/** Tokens of a row that the card has room for. */
const SHOWN = 160;

/** The first two rows as this template has them rendered and trained. */
function FirstRows({ template }: { template: string }) {
  const rows = useApp((state) => state.data?.firstRows);
  const mapping = useApp((state) => state.dataChoice?.mapping);
  const { maxLength, raw } = useApp((state) => state.settings);
  const [shown, setShown] = useState<(RowPreview['tokens'] | string)[] | null>(null);
  useEffect(() => {
    let wanted = true;
    setShown(null);
    if (rows && rows.length > 0)
      tryTemplate(template, rows, { maxLength, raw, mapping })
        .then((found) => wanted && setShown(found))
        .catch((error) => wanted && setShown([pageError(error).text]));
    return () => {
      wanted = false;
    };
  }, [template, rows, maxLength, raw, mapping]);
  if (!rows || rows.length === 0) return null;
  if (!shown) return <p className={shared.faint}>Rendering the first rows…</p>;
  return (
    <>
      <ol className={own.rows} aria-label="The first rows with this chat template">
        {shown.map((row, i) =>
          typeof row === 'string' ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: the first rows of a file have no other key.
            <li key={i} className={css.wrong}>
              {row}
            </li>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above.
            <li key={i} className={`${shared.mono} ${own.rendered}`}>
              <Tokens tokens={row.slice(0, SHOWN)} />
              {row.length > SHOWN && '…'}
            </li>
          ),
        )}
      </ol>
      <TokenLegend />
    </>
  );
}

/** What is shown of a run that was trained through another template than answers come through now. */
function OtherThanTheRun({ chosen }: { chosen: string | null }) {
  const other = useApp(({ run, runTemplate }) =>
    run.summary !== null && runTemplate !== chosen ? templateLabel(runTemplate) : null,
  );
  if (other === null) return null;
  return (
    <p className={shared.mute} role="status">
      The run on this page was trained through another chat template ({other}). Its adapter is asked through
      this one now: choose that one again to ask and to export it as it was trained.
    </p>
  );
}
