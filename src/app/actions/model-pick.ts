import type { ModelChoice, PickedModel } from '../../worker/api/api.ts';
import { parseHubName } from '../shared/hub-name.ts';
import type { ModelPick } from '../state/model-pick.ts';
import { getApp } from '../state/store.ts';
import type { Dropped } from './adapter.ts';
import { modelFlag } from './ladder-record.ts';

/** Models as a person picks them for an experiment. */

/** Files of a model: a GGUF file, or a folder. */
export function choiceOfFiles(files: readonly Dropped[]): { choice: ModelChoice; name: string } {
  const [{ path, file }] = files;
  if (files.length === 1 && /\.gguf$/i.test(path))
    return { choice: { kind: 'gguf', file: file as File }, name: path };
  return {
    choice: { kind: 'folder', files: files.map((one) => ({ path: one.path, blob: one.file })) },
    name: path.split('/')[0],
  };
}

/** A model as it was picked; null: it is not chosen yet. */
export function modelOf(pick: ModelPick): PickedModel | null {
  const { model, modelChoice } = getApp();
  switch (pick.kind) {
    case 'open': {
      if (!model) return null;
      const { chatTemplate, ...choice } = modelChoice;
      return {
        model: { choice, name: model.name, ...(chatTemplate !== undefined && { chatTemplate }) },
        flag: modelFlag(modelChoice, model.name),
      };
    }
    case 'bundled':
      return { model: { choice: { kind: 'bundled' }, name: 'the bundled model' }, flag: 'bundled' };
    case 'hub': {
      const name = parseHubName(pick.text);
      if (!name) return null;
      const { id, revision } = name;
      return {
        model: { choice: { kind: 'hub', id, ...(revision && { revision }) }, name: id },
        flag: id,
      };
    }
    case 'files':
      return pick.choice && { model: { choice: pick.choice, name: pick.name }, flag: pick.name };
  }
}
