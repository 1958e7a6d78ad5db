import type { MethodId } from '../../methods/types.ts';

/** A target module as people say it: `q_proj` is q, `gate_proj` is gate; other families' names stay. */
export function shortTarget(target: string): string {
  return target.replace(/_proj$/, '');
}

/** A model with the defaults of a method. */
export function ofMethod<Model extends { defaultTargets: readonly string[]; ia3Targets: readonly string[] }>(
  model: Model,
  method: MethodId,
): Model {
  return method === 'ia3' ? { ...model, defaultTargets: model.ia3Targets } : model;
}

/** The targets that a recipe takes: the model's own defaults where it names none, and every one for `all`. */
export function chosenTargets(
  model: { targets: readonly string[]; defaultTargets: readonly string[] },
  chosen: readonly string[] | null,
): readonly string[] {
  const names = chosen ?? model.defaultTargets;
  return names.includes('all') || names.includes('all-linear') ? model.targets : names;
}
