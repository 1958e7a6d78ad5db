import { useId, useState } from 'react';
import {
  optionsOf,
  type RunSettings,
  readSetting,
  withoutEffect,
  writeSetting,
} from '../../run/settings/list.ts';
import type { Setting } from '../../run/settings/setting.ts';
import { changeSettings, settingsLocked } from '../actions/settings.ts';
import { termOfSetting } from '../glossary/marks.ts';
import { Ask } from '../glossary/term.tsx';
import { useApp } from '../state/store.ts';
import css from './setup.module.css';

/** One setting of the table: its label, its field, its sentence of help; wrong input says what would be right. */
export function SettingField({ setting }: { setting: Setting }) {
  const { key, label, unit } = setting;
  const term = termOfSetting(key);
  const value: unknown = useApp(({ settings }) => settings[key as keyof RunSettings] ?? setting.default);
  // An adapter that is trained further keeps its own shape.
  const owned = useApp(({ adapter }) => adapter?.goOn === true && setting.ofAdapter === true);
  const locked = useApp(settingsLocked) || owned;
  const idle = useApp(({ settings }) =>
    withoutEffect(setting, { settings, heldOut: settings.evalFraction > 0 }),
  );
  const [draft, setDraft] = useState<string | null>(null);
  /** What was typed and not taken, and what holds instead: said until either is no longer so. */
  const [refused, setRefused] = useState<{ error: string; held: unknown } | null>(null);
  const id = useId();
  const options = optionsOf(setting);
  const held = writeSetting(value);
  const take = (text: string) => {
    const read = readSetting(setting, text);
    if ('value' in read) changeSettings({ [key]: read.value });
  };
  const read = draft === null ? null : readSetting(setting, draft);
  const wrong = read && 'error' in read ? sentence(read.error) : null;
  const stands = read === null && refused !== null && refused.held === value;
  const field = {
    ...{ id, className: css.box, disabled: locked, value: draft ?? held },
    'aria-invalid': wrong ? true : undefined,
    onChange: ({ currentTarget: { value: typed } }: { currentTarget: { value: string } }) => {
      setDraft(typed);
      setRefused(null);
      take(typed);
    },
    onBlur: () => {
      if (wrong) setRefused({ error: wrong, held: value });
      setDraft(null);
    },
  };
  const said = stands ? `${refused.error} Still ${held || 'auto'}.` : wrong;
  return (
    <div className={css.field}>
      <span>
        <label htmlFor={id}>
          {label}
          {unit && <span className={css.unit}> {unit}</span>}
        </label>
        {term && <Ask term={term} about={label} />}
      </span>
      {options ? (
        <select
          id={id}
          className={css.box}
          disabled={locked}
          value={held}
          aria-describedby={`${id}-hint`}
          onChange={(event) => take(event.currentTarget.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      ) : setting.type.kind === 'text' ? (
        <textarea {...field} rows={4} aria-describedby={said ? `${id}-wrong` : `${id}-hint`} />
      ) : (
        <input
          {...field}
          type="text"
          inputMode={setting.type.kind === 'names' ? 'text' : 'decimal'}
          autoComplete="off"
          spellCheck={false}
          placeholder={setting.default === null ? 'auto' : undefined}
          aria-describedby={said ? `${id}-wrong` : `${id}-hint`}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.currentTarget.blur();
          }}
        />
      )}
      {said ? (
        <span className={css.wrong} id={`${id}-wrong`}>
          {said}
        </span>
      ) : (
        <span className={css.hint} id={`${id}-hint`}>
          {idle ?? setting.help}
        </span>
      )}
    </div>
  );
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
