import { type FormEvent, useId, useState } from 'react';
import { HUB_FIELD, TOKEN_FIELD } from '../actions/hub-field.ts';
import { openFromHub } from '../actions/models.ts';
import { settingsLocked } from '../actions/settings.ts';
import { hubPage, parseHubName } from '../shared/hub-name.ts';
import { Caret } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { type AppState, setApp, useApp } from '../state/store.ts';
import css from './model.module.css';

/** What was wrong with the model that this form asked for; null where another did not open, or all went well. */
export function hubError({
  modelError,
  modelFailed,
}: Pick<AppState, 'modelError' | 'modelFailed'>): string | null {
  if (!modelError) return null;
  if (modelError.code === 'bad-hub-id') return modelError.text;
  return modelFailed?.kind === 'hub' ? `${modelError.title ?? ''} ${modelError.text}`.trim() : null;
}

/** Any model on the hub, by its name or its address. */
export function HubForm() {
  const hub = useApp((state) => state.hub);
  const locked = useApp(settingsLocked);
  const refused = useApp((state) => state.modelError?.code === 'hub-gated');
  const error = useApp(hubError);
  const [more, setMore] = useState(false);
  const id = useId();
  const name = parseHubName(hub.text);
  const change = (part: Partial<typeof hub>) => setApp({ hub: { ...hub, ...part } });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (hub.text.trim() !== '') void openFromHub(hub.text, hub.revision);
  };
  const open = more || refused;
  return (
    <form className={css.part} onSubmit={submit} autoComplete="off">
      <div className={css.labelled}>
        <label htmlFor={HUB_FIELD}>Another model on the hub</label>
        <div className={css.row}>
          <input
            id={HUB_FIELD}
            className={css.text}
            type="text"
            spellCheck={false}
            autoCapitalize="none"
            placeholder="owner/name, or its address"
            disabled={locked}
            value={hub.text}
            aria-invalid={error !== null}
            aria-describedby={error ? `${id}-error` : undefined}
            onChange={(event) => change({ text: event.currentTarget.value })}
          />
          <button
            type="submit"
            className={`${shared.button} ${css.go}`}
            disabled={locked || hub.text.trim() === ''}
          >
            Fetch
          </button>
        </div>
        {error && (
          <span className={css.error} id={`${id}-error`}>
            {error}
          </span>
        )}
      </div>
      <button type="button" className={shared.link} aria-expanded={open} onClick={() => setMore(!open)}>
        Revision and access token{' '}
        <span className={shared.faint}>
          <Caret open={open} />
        </span>
      </button>
      {open && (
        <>
          <div className={css.labelled}>
            <label htmlFor={`${id}-revision`}>Revision</label>
            <input
              id={`${id}-revision`}
              className={css.text}
              type="text"
              spellCheck={false}
              placeholder={name?.revision ?? 'main'}
              disabled={locked}
              value={hub.revision}
              onChange={(event) => change({ revision: event.currentTarget.value })}
            />
          </div>
          <div className={css.labelled}>
            <label htmlFor={TOKEN_FIELD}>Access token</label>
            <input
              id={TOKEN_FIELD}
              className={css.text}
              type="password"
              autoComplete="off"
              disabled={locked}
              value={hub.token}
              aria-describedby={`${id}-about`}
              onChange={(event) => change({ token: event.currentTarget.value })}
            />
            <span className={shared.label} id={`${id}-about`}>
              For gated models. It stays in this tab’s memory and is sent to the hub alone.
            </span>
          </div>
        </>
      )}
      {name && (
        <a className={shared.accentLink} href={hubPage(name.id)} target="_blank" rel="noreferrer">
          Read about {name.id} on the hub
        </a>
      )}
    </form>
  );
}
