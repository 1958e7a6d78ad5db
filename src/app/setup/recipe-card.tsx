import { useState } from 'react';
import {
  isOfMethod,
  isOfObjective,
  isOpen,
  type RunSetting,
  SETTINGS,
  settingOf,
  settingsOfObjective,
  showSetting,
} from '../../run/settings/list.ts';
import { chooseFile } from '../actions/choose-files.ts';
import { copyLink } from '../actions/link.ts';
import { saveRecipe } from '../actions/recipe.ts';
import { changeSettings, settingsLocked } from '../actions/settings.ts';
import { Term } from '../glossary/term.tsx';
import { count, duration, parameters, percent } from '../shared/format.ts';
import { Caret } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { chosenTargets, ofMethod, shortTarget } from '../shared/target-name.ts';
import { ofObjective, PRESETS, presetOf, presetSettings } from '../state/presets.ts';
import { useApp } from '../state/store.ts';
import { BlockPicture } from './block-picture.tsx';
import { Card } from './card.tsx';
import { Method } from './method.tsx';
import own from './model.module.css';
import { Objective, useObjective } from './objective.tsx';
import { SettingField } from './setting-field.tsx';
import css from './setup.module.css';

const FIRST = ['rank', 'virtualTokens', 'learningRate', 'epochs'] as const;
/** Not in the list of all settings: shown above it, drawn, or with the model. */
const ELSEWHERE = new Set<string>([...FIRST, 'targets', 'baseDtype', 'method', 'objective']);
const OPEN = SETTINGS.filter((setting) => isOpen(setting) && !isOfObjective(setting));

export function RecipeCard() {
  const settings = useApp((state) => state.settings);
  const model = useApp((state) => state.model);
  const estimate = useApp((state) => state.estimate);
  const locked = useApp(settingsLocked);
  const goesOn = useApp(({ adapter }) => adapter?.goOn === true);
  const note = useApp((state) => state.recipeNote);
  const objective = useObjective();
  const [all, setAll] = useState(false);
  const preset = presetOf(settings, { model, steps: estimate?.steps ?? null });
  const targets = model
    ? chosenTargets(ofMethod(model, settings.method), settings.targets)
    : (settings.targets ?? []);
  const names = targets.map(shortTarget).join(', ');
  const isOwn = (setting: RunSetting) => isOfMethod(setting, settings.method);
  const on = names && !preset ? ` on ${names}` : '';
  const shape = {
    lora: `, rank ${settings.rank}${on}`,
    dora: `, rank ${settings.rank}${on}`,
    ia3: on,
    prompt: `, ${settings.virtualTokens} virtual tokens`,
    prefix: `, ${settings.virtualTokens} virtual tokens`,
  }[settings.method];
  const open = OPEN.filter(isOwn);
  const sub = estimate
    ? [
        `${count(estimate.steps)} steps${estimate.seconds === null ? '' : `, about ${duration(estimate.seconds)}`}`,
        model &&
          `${parameters(estimate.trainableParameters)} of ${parameters(model.parameters)} trained, ${percent(estimate.trainableParameters / model.parameters)}`,
      ]
        .filter(Boolean)
        .join(' · ')
    : 'time and memory appear once a model and data are open';
  return (
    <Card
      name="recipe"
      label="Recipe"
      title={`${preset ? `${preset.label}: ` : ''}${objective === 'sft' ? '' : `${showSetting(settingOf('objective'), objective)}, `}${showSetting(settingOf('method'), settings.method)}${shape}`}
      sub={sub}
    >
      <Method />
      <Objective />
      <fieldset style={{ border: 0, padding: 0, margin: 0 }} disabled={locked}>
        <legend className={shared.hidden}>Recipes</legend>
        <div className={css.presets}>
          {PRESETS.map((entry) => (
            <label key={entry.id} title={entry.hint}>
              <input
                type="radio"
                name="recipe"
                checked={preset?.id === entry.id}
                onChange={() => changeSettings({ ...presetSettings(entry), ...ofObjective(settings) })}
              />
              {entry.label}
            </label>
          ))}
        </div>
      </fieldset>
      <p className={shared.label}>{preset?.hint ?? 'Custom settings.'}</p>
      {model && isOwn(settingOf('targets')) && (
        <>
          <BlockPicture
            targets={model.targets}
            chosen={targets}
            locked={locked || goesOn}
            onChange={(next) => changeSettings({ targets: next })}
          />
          <p className={shared.label}>
            <Term term="targets">Parts that get an adapter</Term>
          </p>
        </>
      )}
      {FIRST.map(settingOf)
        .filter(isOwn)
        .map((setting) => (
          <SettingField key={setting.key} setting={setting} />
        ))}
      <button type="button" className={shared.link} aria-expanded={all} onClick={() => setAll(!all)}>
        All {open.length + settingsOfObjective(objective).length} settings{' '}
        <span className={shared.faint}>
          <Caret open={all} />
        </span>
      </button>
      {all &&
        open
          .filter(({ key }) => !ELSEWHERE.has(key))
          .map((setting) => <SettingField key={setting.key} setting={setting} />)}
      <div className={own.buttons}>
        <button type="button" className={shared.link} onClick={saveRecipe}>
          Save this recipe
        </button>
        <button type="button" className={shared.link} onClick={() => void copyLink()}>
          Copy link
        </button>
        <button type="button" className={shared.link} disabled={locked} onClick={() => chooseFile('.json')}>
          Load a recipe
        </button>
      </div>
      {note && (
        <p role="status" className={css.note}>
          {note}
        </p>
      )}
    </Card>
  );
}
