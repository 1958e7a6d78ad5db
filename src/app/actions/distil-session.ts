import { UserError } from '../../errors.ts';
import type { DistilInputs, ModelInfo } from '../../worker/api/api.ts';
import { type Role, useDistil } from '../state/distil.ts';
import { unlessStopped } from './experiment.ts';
import { choiceOf, openPicked, type Session } from './experiment-session.ts';

/** The models of a distillation, each opened in its worker when its stages come. */

type Given = Pick<DistilInputs, Role | 'settings'>;

/**
 * Opens the teacher or the student.
 *
 * @param parameters of the model that it has to be, where that is known
 * @throws UserError `no-model` where it is another, and as any model
 */
export async function openIn(
  session: Session,
  role: Role,
  given: Given,
  parameters: number | undefined,
): Promise<ModelInfo> {
  const info = await openPicked(session, pickedFor(role, given), { at: `Opening the ${role}` });
  if (parameters !== undefined && info.parameters !== parameters)
    throw new UserError(
      'no-model',
      `${info.name} has ${info.parameters} parameters, and the ${role} of this distillation had ${parameters}. Nothing was changed. Choose ${given[role].model.name} again.`,
    );
  await session.api.setBaseDtype(given.settings.baseDtype);
  unlessStopped();
  return info;
}

/** How the teacher is opened by a training. @throws UserError `no-model` */
export function teacherChoice(given: Given) {
  return choiceOf(pickedFor('teacher', given));
}

function pickedFor(role: Role, given: Given) {
  const { model } = given[role];
  return { model, again: useDistil.getState().again[role], called: `the ${role} ${model.name}` };
}
