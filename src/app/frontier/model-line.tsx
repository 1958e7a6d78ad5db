import { useId } from 'react';
import { SETTINGS } from '../../run/settings/list.ts';
import type { BaseDtype, FrontierWork } from '../../worker/api/api.ts';
import { askModel, changeModel, removeModel } from '../actions/frontier-inputs.ts';
import { settingsLocked } from '../actions/settings.ts';
import { shortName } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import type { FrontierPick } from '../state/frontier.ts';
import { useApp } from '../state/store.ts';
import css from './frontier.module.css';

interface LineProps {
  of: FrontierPick;
  /** From 1. */
  place: number;
  /** It is the only one, and stays. */
  alone: boolean;
}

/** The precisions that the page offers, in the order of its setting. */
const DTYPES = SETTINGS.flatMap(({ key, type }) =>
  key === 'baseDtype' && type.kind === 'choice' ? type.choices.map(({ value }) => value as BaseDtype) : [],
);

const WORK: Record<FrontierWork, string> = {
  train: 'Trained',
  asItIs: 'As it is, without training',
  both: 'As it is, and trained',
};

/** A model of the list, its precisions, and whether it is trained. */
export function ModelLine({ of: { key, pick, dtypes, work }, place, alone }: LineProps) {
  const locked = useApp(settingsLocked);
  const id = useId();
  return (
    <fieldset className={css.input}>
      <legend className={shared.label}>{`Model ${place}`}</legend>
      <span className={css.pick}>
        <span className={css.choices}>
          <Which of={{ key, pick }} place={place} />
          {!alone && (
            <button
              type="button"
              className={shared.link}
              disabled={locked}
              aria-label={`Remove model ${place}`}
              onClick={() => removeModel(key)}
            >
              Remove
            </button>
          )}
        </span>
        <span className={css.ticks}>
          {DTYPES.map((dtype) => (
            <label key={dtype} className={shared.smallTick}>
              <input
                type="checkbox"
                checked={dtypes.includes(dtype)}
                disabled={locked}
                onChange={(event) =>
                  changeModel(key, {
                    dtypes: DTYPES.filter((one) =>
                      one === dtype ? event.currentTarget.checked : dtypes.includes(one),
                    ),
                  })
                }
              />
              {dtype}
            </label>
          ))}
        </span>
        <label className={shared.hidden} htmlFor={id}>{`What is measured of model ${place}`}</label>
        <select
          id={id}
          className={css.select}
          disabled={locked}
          value={work}
          onChange={(event) => changeModel(key, { work: event.currentTarget.value as FrontierWork })}
        >
          {Object.entries(WORK).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </span>
    </fieldset>
  );
}

function Which({ of: { key, pick }, place }: { of: Pick<FrontierPick, 'key' | 'pick'>; place: number }) {
  const locked = useApp(settingsLocked);
  const open = useApp((app) => app.model?.name ?? null);
  if (pick.kind === 'hub')
    return (
      <input
        className={css.text}
        type="text"
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        aria-label={`Name of model ${place} on the hub`}
        placeholder="owner/name on the hub"
        disabled={locked}
        value={pick.text}
        onChange={(event) => changeModel(key, { pick: { kind: 'hub', text: event.currentTarget.value } })}
      />
    );
  if (pick.kind === 'open')
    return (
      <span className={css.name}>{open ? `${shortName(open, 28)}, which is open` : 'The open model'}</span>
    );
  if (pick.kind !== 'files') return <span className={css.name}>The bundled model</span>;
  const choose = (accept: string | null, label: string) => (
    <button
      type="button"
      className={shared.accentLink}
      disabled={locked}
      aria-label={`${label}: model ${place}`}
      onClick={() => askModel(accept, (chosen) => changeModel(key, { pick: { kind: 'files', ...chosen } }))}
    >
      {label}
    </button>
  );
  return (
    <span className={css.ways}>
      <span className={css.name}>{shortName(pick.name, 28)}</span>
      {pick.choice === null && (
        <>
          {choose(null, 'Choose its folder')}
          {choose('.gguf', 'Choose its GGUF file')}
        </>
      )}
    </span>
  );
}
