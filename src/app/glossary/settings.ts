import type { SettingKey } from '../../run/settings/list.ts';

/** Settings without an entry in the glossary, and why none would say more than stands on the page. */
export const PLAIN_SETTINGS = {
  evaRows: 'its line says all of it, and the start that it belongs to has an entry',
  nllTokens: 'it belongs to the cross-entropy, which has an entry',
  prefixInit: 'its choices say what each of them is',
  promptInit: 'its choices say what each of them is',
  promptText: 'it is the very text that is typed in',
  teacherPrompt: 'it is the very text that is typed in',
} as const satisfies Partial<Record<SettingKey, string>>;

/** Settings that the glossary explains under their own key. */
export type ExplainedSetting = Exclude<SettingKey, keyof typeof PLAIN_SETTINGS>;
