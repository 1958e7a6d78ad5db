import { UserError } from '../../errors.ts';
import type { DistilInputs, ModelInfo, PickedModel } from '../../worker/api/api.ts';
import { type Role, useDistil } from '../state/distil.ts';
import { nowAt } from '../state/lab.ts';
import { getApp } from '../state/store.ts';
import { hearPiece, unlessStopped } from './experiment.ts';
import type { Session } from './experiment-session.ts';

/** The models of a distillation, each opened in its worker when its stages come. */

const CALLED: Record<Role, string> = { teacher: 'Opening the teacher', student: 'Opening the student' };

/**
 * Opens the teacher or the student.
 *
 * @param parameters of the model that it has to be, where that is known
 * @throws UserError `no-model` where it is another, and as any model
 */
export async function openIn(
  { api, request }: Session,
  role: Role,
  given: Pick<DistilInputs, Role | 'settings'>,
  parameters: number | undefined,
): Promise<ModelInfo> {
  nowAt(CALLED[role]);
  const choice = choiceOf(role, given[role]);
  const info = await request.events(hearPiece(), (worker, listener) => worker.openModel(choice, listener));
  if (parameters !== undefined && info.parameters !== parameters)
    throw new UserError(
      'no-model',
      `${info.name} has ${info.parameters} parameters, and the ${role} of this distillation had ${parameters}. Nothing was changed. Choose ${given[role].model.name} again.`,
    );
  await api.setBaseDtype(given.settings.baseDtype);
  unlessStopped();
  return info;
}

/** How a model is opened, with the token that was pasted where it needs one. @throws UserError `no-model` */
export function choiceOf(role: Role, { model }: PickedModel) {
  const choice = model.choice ?? useDistil.getState().again[role] ?? null;
  if (!choice)
    throw new UserError(
      'no-model',
      `The files of the ${role} ${model.name} are not kept in this browser. What was measured stays. Choose them again.`,
    );
  const token = getApp().hub.token.trim();
  return {
    ...choice,
    ...(choice.kind === 'hub' && !choice.token && token !== '' && { token }),
    ...(model.chatTemplate !== undefined && { chatTemplate: model.chatTemplate }),
  };
}
