import { useEffect, useId, useState } from 'react';
import { settingOf } from '../../run/settings/list.ts';
import type { Choice } from '../../run/settings/setting.ts';
import type { BaseDtype, Quantisation } from '../../worker/api/api.ts';
import { baseBytes, measurePrecision } from '../actions/models.ts';
import { changeSettings, settingsLocked } from '../actions/settings.ts';
import { stopWork } from '../actions/take.ts';
import { Ask, Term } from '../glossary/term.tsx';
import { bytes, loss, percent, plural } from '../shared/format.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useApp, type Work } from '../state/store.ts';
import css from './model.module.css';
import own from './setup.module.css';

const SETTING = settingOf('baseDtype');
const CHOICES = (SETTING.type.kind === 'choice' ? SETTING.type.choices : []) as readonly Choice<BaseDtype>[];

/** How the frozen base is held, what that takes, and on request what it costs. */
export function Precision() {
  const model = useApp((state) => state.model);
  const data = useApp((state) => state.data);
  const dtype = useApp((state) => state.settings.baseDtype);
  const locked = useApp(settingsLocked);
  const [sizes, setSizes] = useState<Partial<Record<BaseDtype, number>>>({});
  const id = useId();
  useEffect(() => {
    let shown = true;
    if (model && data)
      baseBytes(CHOICES.map(({ value }) => value))
        .then((found) => shown && setSizes(found))
        .catch(() => shown && setSizes({}));
    return () => {
      shown = false;
    };
  }, [model, data]);
  if (!model) return null;
  const size = (value: BaseDtype) => (sizes[value] ? `, ${bytes(sizes[value])}` : '');
  return (
    <div className={css.part}>
      <div className={own.field} style={{ gridTemplateColumns: 'auto minmax(0, 1fr)' }}>
        <span>
          <label htmlFor={id}>{SETTING.label}</label>
          <Ask term="baseDtype" about={SETTING.label} />
        </span>
        <select
          id={id}
          className={own.box}
          disabled={locked}
          value={dtype}
          aria-describedby={`${id}-hint`}
          onChange={(event) => changeSettings({ baseDtype: event.currentTarget.value as BaseDtype })}
        >
          {CHOICES.map(({ value, about }) => (
            <option key={value} value={value}>
              {value}: {about}
              {size(value)}
            </option>
          ))}
        </select>
        <span className={own.hint} id={`${id}-hint`}>
          {SETTING.help}
        </span>
      </div>
      <Cost key={`${model.id} ${dtype}`} dtype={dtype} />
    </div>
  );
}

function Cost({ dtype }: { dtype: BaseDtype }) {
  const locked = useApp(settingsLocked);
  const [work, setWork] = useState<Work | null>(null);
  const [report, setReport] = useState<Quantisation | null>(null);
  const [error, setError] = useState<PageError | null>(null);
  const measure = async () => {
    setError(null);
    setWork({ what: 'Measuring', done: 0, total: null });
    try {
      setReport(await measurePrecision(dtype, setWork));
    } catch (failure) {
      const told = pageError(failure);
      if (told.code !== 'stopped') setError(told);
    } finally {
      setWork(null);
    }
  };
  if (report) return <Report report={report} />;
  const far = work?.total
    ? work.done < work.total
      ? `${work.what}, ${percent(work.done / work.total)} …`
      : 'Measuring the loss …'
    : 'Measuring …';
  return (
    <>
      <button
        type="button"
        className={shared.accentLink}
        disabled={locked || work !== null}
        onClick={() => void measure()}
      >
        {work ? far : `What does ${dtype} cost?`}
      </button>
      {work && (
        <button type="button" className={shared.link} onClick={() => void stopWork()}>
          Stop measuring
        </button>
      )}
      {error && <Trouble error={error} what="The precision was not measured." />}
    </>
  );
}

function Report({
  report: { dtype, storedBytes, heldBytes, matrices, loss: measured },
}: {
  report: Quantisation;
}) {
  const errors = [...matrices].sort((a, b) => b.error - a.error);
  const mean = matrices.reduce((sum, { error }) => sum + error, 0) / Math.max(1, matrices.length);
  const change = measured && measured.held - measured.stored;
  return (
    <section className={css.part} aria-label={`What ${dtype} costs`}>
      <dl className={css.figures}>
        <dt>Weights</dt>
        <dd>
          {bytes(storedBytes)} in the file, {bytes(heldBytes)} as {dtype}
        </dd>
        <dt>
          <Term term="roundingError">Mean rounding error</Term>
        </dt>
        <dd>{percent(mean)} of a matrix</dd>
        {errors[0] && (
          <>
            <dt>Largest</dt>
            <dd>
              {percent(errors[0].error)}, {errors[0].name.replace(/^model\.|\.weight$/g, '')}
            </dd>
          </>
        )}
        <dt>
          <Term term="loss">Loss on your data</Term>
        </dt>
        <dd>
          {measured && change !== null
            ? `${loss(measured.stored)} → ${loss(measured.held)} (${change < 0 ? '−' : '+'}${loss(Math.abs(change))}, ${plural(measured.rows, 'row')})`
            : 'not measured: no data is open, or a run is using the model'}
        </dd>
      </dl>
      <details>
        <summary className={shared.link}>Every matrix</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <section className={css.scroll} tabIndex={0} aria-label="Error of every matrix">
          <table>
            <thead>
              <tr>
                <th scope="col">matrix</th>
                <th scope="col">stored as</th>
                <th scope="col">error</th>
              </tr>
            </thead>
            <tbody>
              {errors.map(({ name, type, error }) => (
                <tr key={name}>
                  <td>{name.replace(/^model\.|\.weight$/g, '')}</td>
                  <td>{type}</td>
                  <td>{percent(error)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </section>
  );
}
