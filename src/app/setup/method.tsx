import { useId } from 'react';
import { METHOD_NAMES } from '../../methods/names.ts';
import type { MethodId } from '../../methods/types.ts';
import { type RunSettings, settingOf } from '../../run/settings/list.ts';
import { changeSettings, settingsLocked } from '../actions/settings.ts';
import { MethodPicture } from '../drawing/method-picture.tsx';
import { Ask } from '../glossary/term.tsx';
import { getApp, useApp } from '../state/store.ts';
import { Cost, methodCost } from './cost.tsx';
import css from './setup.module.css';

/** What is trained: the choice, and when to take what is chosen. */
export function Method() {
  const chosen = useApp(({ settings }) => settings.method);
  const virtualTokens = useApp(({ settings }) => settings.virtualTokens);
  const estimate = useApp((state) => state.estimate);
  const tokens = useApp(({ data }) => (data && data.used > 0 ? data.tokens / data.used : null));
  // An adapter that is trained further keeps its own.
  const owned = useApp(({ adapter }) => adapter?.goOn === true);
  const locked = useApp(settingsLocked) || owned;
  const id = useId();
  return (
    <div className={`${css.field} ${css.wide}`}>
      <span>
        <label htmlFor={id}>{settingOf('method').label}</label>
        <Ask term={chosen === 'lora' ? 'lora' : 'method'} about={settingOf('method').label} />
      </span>
      <select
        id={id}
        className={css.box}
        disabled={locked}
        value={chosen}
        aria-describedby={`${id}-when`}
        onChange={({ currentTarget: { value } }) =>
          changeSettings(methodChange(getApp().settings, value as MethodId))
        }
      >
        {METHOD_NAMES.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <Cost
        picture={<MethodPicture method={chosen} />}
        lines={methodCost({ method: chosen, virtualTokens }, estimate, tokens)}
      />
      <span className={css.hint} id={`${id}-when`}>
        {named(chosen).when}
      </span>
    </div>
  );
}

/**
 * What choosing a method changes. A learning rate that nobody chose goes along: what is usual for one method moves another
 * too little or too far.
 */
export function methodChange(
  { method: before, learningRate }: Pick<RunSettings, 'method' | 'learningRate'>,
  method: MethodId,
): Partial<RunSettings> {
  return { method, ...(learningRate === named(before).rate && { learningRate: named(method).rate }) };
}

function named(method: MethodId) {
  return METHOD_NAMES.find(({ value }) => value === method)!;
}
