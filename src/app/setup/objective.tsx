import { useId } from 'react';
import type { RowKind } from '../../data/forms/row.ts';
import { OBJECTIVE_NAMES, type ObjectiveName, rowsOf } from '../../objectives/names.ts';
import { objectiveOf, type RunSettings, settingOf, settingsOfObjective } from '../../run/settings/list.ts';
import { changeSettings, settingsLocked } from '../actions/settings.ts';
import { ObjectivePicture } from '../drawing/objective-picture.tsx';
import { Ask } from '../glossary/term.tsx';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import { Cost, objectiveCost } from './cost.tsx';
import { SettingField } from './setting-field.tsx';
import css from './setup.module.css';
import { Teacher } from './teacher.tsx';

/** What a run of these settings minimises on the data that are open. */
export function useObjective(): ObjectiveName {
  return useApp(({ settings, data }) => objectiveOf(settings, data?.calledFor ?? 'answers'));
}

/** What training minimises: the choice, when to take what is chosen, and its settings. */
export function Objective() {
  const chosen = useApp(({ settings }) => settings.objective);
  const called = useApp(({ data }) => data?.calledFor ?? null);
  const locked = useApp(settingsLocked);
  const objective = useObjective();
  const estimate = useApp((state) => state.estimate);
  const id = useId();
  const { label, about } = OBJECTIVE_NAMES.find(({ value }) => value === objective)!;
  return (
    <div className={css.objective}>
      <div className={css.field}>
        <span>
          <label htmlFor={id}>{settingOf('objective').label}</label>
          <Ask term="objective" about={settingOf('objective').label} />
        </span>
        <select
          id={id}
          className={css.box}
          disabled={locked}
          value={chosen ?? ''}
          aria-describedby={`${id}-about`}
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
        <Cost
          picture={<ObjectivePicture objective={objective} />}
          lines={objectiveCost(objective, estimate)}
        />
        <span className={css.hint} id={`${id}-about`}>
          {about}
        </span>
      </div>
      {objective === 'distil' && <Teacher />}
      {settingsOfObjective(objective).map((setting) => (
        <SettingField key={setting.key} setting={setting} />
      ))}
      <Why chosen={chosen} called={called} />
    </div>
  );
}

/** Why the rows call for an objective, or for another than the one that is chosen. */
function Why({ chosen, called }: { chosen: ObjectiveName | null; called: RowKind | null }) {
  if (called === null) return null;
  if (chosen === null) {
    const why = {
      answers: null,
      pairs: 'The rows are pairs of answers, which call for it.',
      verdicts:
        'The rows say which answers are good, which calls for it. Supervised leaves the bad ones out.',
    }[called];
    return why && <p className={shared.label}>{why}</p>;
  }
  // Of judged answers the good ones can be learned as they stand.
  const fits = rowsOf(chosen) === called || (called === 'verdicts' && rowsOf(chosen) === 'answers');
  if (fits) return null;
  const names = OBJECTIVE_NAMES.filter(({ rows }) => rows === called).map(({ label }) => label);
  const all = names.join(', ').replace(/, (?=[^,]*$)/, ' or ');
  return <p className={css.wrong}>The rows that are open are for {all}. Auto takes the first.</p>;
}
