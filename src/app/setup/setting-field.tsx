import { useId, useState } from 'react';
import { type RunSettings, SETTINGS } from '../../run/settings.ts';
import { changeSettings, settingsLocked } from '../actions/settings.ts';
import { useApp } from '../state/store.ts';
import { choicesOf, formatSetting, isNullable, parseSetting, refusal } from './setting-text.ts';
import css from './setup.module.css';

type Key = keyof RunSettings;

/** One setting from the table: its label, its field, its sentence of help; wrong input says what would be right. */
export function SettingField({ name, hint = false }: { name: Key; hint?: boolean }) {
  const info = SETTINGS.find((entry) => entry.key === name);
  const value = useApp((state) => state.settings[name]);
  // An adapter that goes on keeps its own shape.
  const owned = useApp(({ adapter }) => adapter?.goOn === true && (name === 'rank' || name === 'alpha'));
  const locked = useApp(settingsLocked) || owned;
  const [draft, setDraft] = useState<string | null>(null);
  /** What was typed and not taken, and what held instead: said until either is no longer so. */
  const [refused, setRefused] = useState<{ text: string; held: RunSettings[Key] } | null>(null);
  const id = useId();
  if (!info) return null;
  const choices = choicesOf(name);
  const parsed = draft === null ? null : parseSetting(name, draft);
  const wrong = parsed && 'error' in parsed ? parsed.error : null;
  const said = wrong ?? (!parsed && refused?.held === value ? refusal(name, refused.text, value) : null);
  return (
    <div className={css.field}>
      <label htmlFor={id}>
        {info.label}
        {info.unit && <span className={css.unit}> {info.unit}</span>}
      </label>
      {choices ? (
        <select
          id={id}
          className={css.box}
          disabled={locked}
          value={String(value)}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={(event) => {
            const next = parseSetting(name, event.currentTarget.value);
            if ('value' in next) changeSettings({ [name]: next.value });
          }}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          className={css.box}
          type="text"
          inputMode="decimal"
          autoComplete="off"
          spellCheck={false}
          disabled={locked}
          placeholder={isNullable(name) ? 'auto' : undefined}
          value={draft ?? formatSetting(value)}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={said ? `${id}-wrong` : hint ? `${id}-hint` : undefined}
          onChange={(event) => {
            const text = event.currentTarget.value;
            setDraft(text);
            setRefused(null);
            const next = parseSetting(name, text);
            if ('value' in next) changeSettings({ [name]: next.value });
          }}
          onBlur={() => {
            if (draft !== null && wrong) setRefused({ text: draft, held: value });
            setDraft(null);
          }}
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
        hint && (
          <span className={css.hint} id={`${id}-hint`}>
            {info.help}
          </span>
        )
      )}
    </div>
  );
}
