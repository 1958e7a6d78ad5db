import { heldOutSplit, MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import { sitesOf, trainableParameters } from '../../methods/parameters.ts';
import { lessonBytes } from '../../run/lesson.ts';
import { totalSteps } from '../../run/schedule.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { Estimate } from '../api/api.ts';
import { planOf } from './fit.ts';
import type { Workspace } from './workspace.ts';

/** What settings that are not running yet would take. @param secondsPerToken as measured here, or null */
export async function estimateRun(
  workspace: Workspace,
  settings: RunSettings,
  secondsPerToken: number | null,
): Promise<Estimate> {
  const { config } = workspace.model;
  const adapterSettings = workspace.adapterSettings(settings);
  const dataset = workspace.trainingData;
  const rows = dataset
    ? heldOutSplit(dataset.rows, settings.evalFraction, settings.seed, MAX_HELD_OUT_ROWS).train.length
    : 0;
  const steps = totalSteps(settings, rows);
  const need = await workspace.need(settings, adapterSettings, dataset?.report.longest ?? settings.maxLength);
  const memory = await planOf(workspace.model, need);
  const tokensPerStep =
    dataset && rows > 0
      ? (dataset.report.tokens / dataset.rows) * Math.min(rows, settings.batch * settings.accumulate)
      : 0;
  const trainable = trainableParameters(sitesOf(config, adapterSettings), adapterSettings);
  return {
    steps,
    trainableParameters: trainable,
    memory,
    ...(need.soft && {
      teacherBytes: lessonBytes(dataset?.report.supervisedTokens ?? 0, need.soft.top),
    }),
    seconds: secondsPerToken === null ? null : steps * tokensPerStep * secondsPerToken,
  };
}
