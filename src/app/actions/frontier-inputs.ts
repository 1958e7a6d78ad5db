import { requirementOf } from '../../lab/progression/points.ts';
import type { FrontierModel, KeptFrontier } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import { type FrontierPick, type FrontierView, USUAL_DTYPES, useFrontier } from '../state/frontier.ts';
import type { ModelPick } from '../state/model-pick.ts';
import { getApp } from '../state/store.ts';
import type { Dropped } from './adapter.ts';
import { askFiles } from './ask-files.ts';
import { choiceOfFiles, modelOf } from './model-pick.ts';
import { isGguf, MODEL_WEIGHTS } from './what-was-dropped.ts';

/** What a person gives to a comparison of models: the list, held-out rows, what suffices. */

export function changeFrontier(change: Partial<FrontierView>): void {
  if (!getApp().underWay) useFrontier.setState({ error: null, ...change });
}

export function addModel(pick: ModelPick): void {
  const { models } = useFrontier.getState();
  const key = 1 + Math.max(-1, ...models.map((one) => one.key));
  const last = models.at(-1);
  changeFrontier({
    models: [
      ...models,
      { key, pick, dtypes: [...(last?.dtypes ?? USUAL_DTYPES)], work: last?.work ?? 'train' },
    ],
  });
}

export function changeModel(key: number, change: Partial<FrontierPick>): void {
  const { models } = useFrontier.getState();
  changeFrontier({ models: models.map((one) => (one.key === key ? { ...one, ...change } : one)) });
}

export function removeModel(key: number): void {
  changeFrontier({ models: useFrontier.getState().models.filter((one) => one.key !== key) });
}

/** Asks for files of a model. @param accept ending of one file; null: a folder */
export function askModel(accept: string | null, use: (pick: ReturnType<typeof choiceOfFiles>) => void): void {
  askFiles(accept, (files) => use(choiceOfFiles(files)));
}

/** Takes a model into the list: a folder or a GGUF file. */
export async function takeModel(files: readonly Dropped[]): Promise<boolean> {
  const weights = files.some(({ path }) => MODEL_WEIGHTS.test(path));
  const config = files.some(({ path }) => /(^|\/)config\.json$/.test(path));
  const gguf = files.length === 1 && (await isGguf(files[0]));
  if (!gguf && !(weights && config)) return false;
  if (getApp().underWay) {
    useFrontier.setState({
      error: {
        code: 'busy',
        title: 'Not while an experiment is under way.',
        text: 'Nothing was changed. Stop it, then add the model.',
      },
    });
    return true;
  }
  const { kept, changing } = useFrontier.getState();
  if (kept && !changing) changeGiven();
  addModel({ kind: 'files', ...choiceOfFiles(files) });
  return true;
}

/** The models as they are picked; of one that is not chosen yet, null. */
export function pickedModels({ models }: Pick<FrontierView, 'models'>): (FrontierModel | null)[] {
  return models.map(({ pick, dtypes, work }) => {
    const model = modelOf(pick);
    return model && { ...model, dtypes, work };
  });
}

/** Why what was written cannot be a requirement; null where it can, or nothing was written. */
export function enoughProblem(enough: string): string | null {
  if (enough.trim() === '') return null;
  try {
    requirementOf(enough.trim());
    return null;
  } catch (error) {
    return pageError(error).text;
  }
}

/** Why what is given cannot be measured, as a sentence; null: it can. */
export function frontierProblem(view: FrontierView): string | null {
  const { settings, data } = getApp();
  const picked = pickedModels(view);
  if (picked.length === 0) return 'Add a model.';
  const missing = picked.indexOf(null);
  if (missing !== -1) return `Choose model ${missing + 1}.`;
  const models = picked.filter((one) => one !== null);
  const without = models.find(({ dtypes }) => dtypes.length === 0);
  if (without) return `Tick a precision of ${without.model.name}.`;
  const twice = models.find(({ flag }, i) => models.some((other, j) => j < i && other.flag === flag));
  if (twice) return `${twice.model.name} is in the list twice. Remove one of them.`;
  if (!usesKeptRows(view) && (data?.used ?? 0) < (view.heldOut ? 1 : 2))
    return 'Open rows of the task: a dozen or more.';
  if (settings.objective === 'distil')
    return 'The settings say distil, which needs a teacher, and these models have none. Choose another objective.';
  if (enoughProblem(view.enough) !== null) return 'Write what suffices so that it can be read, or nothing.';
  return null;
}

/** Whether the rows are those of the comparison that is being changed. */
export function usesKeptRows({ kept, rows }: Pick<FrontierView, 'kept' | 'rows'>): boolean {
  return kept !== null && rows === 'kept';
}

/** What was given to the one that is shown, as it is picked, to be changed. */
export function picksOf({ given }: KeptFrontier, again: FrontierView['again']): FrontierPick[] {
  return given.models.map(({ model, dtypes, work }, key) => {
    const choice = model.choice ?? again[key] ?? null;
    const pick: ModelPick =
      choice?.kind === 'bundled'
        ? { kind: 'bundled' }
        : choice?.kind === 'hub'
          ? {
              kind: 'hub',
              text: choice.revision
                ? `https://huggingface.co/${choice.id}/tree/${choice.revision}`
                : choice.id,
            }
          : { kind: 'files', choice, name: model.name };
    return { key, pick, dtypes, work };
  });
}

/** Opens what is given to the one that is shown, to add models or to measure what is missing. */
export function changeGiven(): void {
  const { kept, again } = useFrontier.getState();
  if (!kept || getApp().underWay) return;
  const { enough, stopAtFirst } = kept.given;
  useFrontier.setState({
    ...{ changing: true, error: null, models: picksOf(kept, again), enough, stopAtFirst },
    ...{ rows: 'kept', heldOut: null },
  });
}
