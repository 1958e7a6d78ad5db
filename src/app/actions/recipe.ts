import { readRecipe, recipeText } from '../state/recipe-file.ts';
import { getApp, setApp } from '../state/store.ts';
import { chooseTemplate } from './open.ts';
import { changeSettings, settingsLocked } from './settings.ts';
import { save } from './take.ts';

/** A recipe is far smaller; a dataset is not read to find that out. */
const LARGEST = 1e6;

export function saveRecipe(): void {
  const { settings, modelChoice } = getApp();
  save(
    new Blob([recipeText(settings, modelChoice.chatTemplate)], { type: 'application/json' }),
    'lowrank-recipe.json',
  );
}

/** Takes the settings of a recipe or of a run. @returns false where the file is something else */
export async function openRecipe(file: File): Promise<boolean> {
  if (!/\.json$/i.test(file.name) || file.size > LARGEST) return false;
  const recipe = readRecipe(await file.text());
  if (!recipe) return false;
  if (settingsLocked()) {
    setApp({
      recipeNote: 'A run is using its settings. Nothing was changed: stop it, then load the recipe.',
    });
    return true;
  }
  changeSettings(recipe.settings);
  const { refused, unknown, chatTemplate } = recipe;
  if (typeof chatTemplate === 'string') void chooseTemplate(chatTemplate);
  const template =
    chatTemplate === null
      ? ' Its run was trained through a chat template of its own, which this file does not hold: choose it in the Model card.'
      : '';
  const sentences = [
    `${file.name} is loaded.`,
    refused.length > 0 && `These values are not valid here and are at their defaults: ${refused.join(', ')}.`,
    unknown.length > 0 &&
      `These are no settings of this version and are left out: ${unknown.slice(0, 10).join(', ').slice(0, 200)}.`,
  ];
  setApp(({ openCards }) => ({
    openCards: { ...openCards, recipe: true },
    recipeNote: sentences.filter(Boolean).join(' ') + template,
  }));
  return true;
}
