import { OBJECTIVE_NAMES, type ObjectiveName } from '../../objectives/names.ts';
import { objectiveOf, type RunSettings, settingOf, settingsOfObjective } from '../../run/settings.ts';
import { changeSettings, settingsLocked } from '../actions/settings.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import { SettingField } from './setting-field.tsx';
import css from './setup.module.css';

/** What a run of these settings minimises on the data that are open. */
export function useObjective(): ObjectiveName {
  return useApp(({ settings, data }) => objectiveOf(settings, data?.calledFor ?? 'answers'));
}

/** What training minimises: the choice, when to take what is chosen, and its settings. */
export function Objective() {
  const chosen = useApp(({ settings }) => settings.objective);
  const called = useApp(({ data }) => (data && data.used > 0 ? data.calledFor : null));
  const locked = useApp(settingsLocked);
  const objective = useObjective();
  const { label, about } = OBJECTIVE_NAMES.find(({ value }) => value === objective)!;
  return (
    <div className={css.objective}>
      <div className={css.field}>
        <label htmlFor="objective">{settingOf('objective').label}</label>
        <select
          id="objective"
          className={css.box}
          disabled={locked}
          value={chosen ?? ''}
          aria-describedby="objective-about"
          onChange={({ currentTarget: { value } }) =>
            changeSettings({ objective: value === '' ? null : (value as RunSettings['objective']) })
          }
        >
          <option value="">{chosen === null && called ? `auto: ${label}` : 'auto'}</option>
          {OBJECTIVE_NAMES.map((one) => (
            <option key={one.value} value={one.value}>
              {one.label}
            </option>
          ))}
        </select>
        <span className={css.hint} id="objective-about">
          {about}
        </span>
      </div>
      {settingsOfObjective(objective).map((setting) => (
        <SettingField key={setting.key} setting={setting} />
      ))}
      {chosen === null && called !== null && called !== 'answers' && (
        <p className={shared.label}>
          {called === 'pairs'
            ? 'The rows are pairs of answers, which call for it.'
            : 'The rows say which answers are good, which calls for it. Supervised leaves the bad ones out.'}
        </p>
      )}
    </div>
  );
}
