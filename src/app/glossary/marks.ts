import { SETTINGS } from '../../run/settings/list.ts';
import type { TermId } from './glossary.ts';
import { PLAIN_SETTINGS } from './settings.ts';

/** Which term explains what the tables of settings and objectives put on the page. */

/** The term of a setting: its own key; null where it has none. */
export function termOfSetting(key: string): TermId | null {
  if (key in PLAIN_SETTINGS || !SETTINGS.some((setting) => setting.key === key)) return null;
  return key as TermId;
}

const FIGURES: Readonly<Record<string, TermId>> = {
  accuracy: 'pairsInOrder',
  ce: 'crossEntropy',
  cross_entropy: 'crossEntropy',
  kl: 'kl',
  margin: 'margin',
  rewards_chosen: 'reward',
  rewards_rejected: 'reward',
};

/** The term of a figure that an objective tells of each step. */
export function termOfFigure(key: string): TermId | null {
  return FIGURES[key] ?? null;
}
