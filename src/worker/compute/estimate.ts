import { heldOutSplit, MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import type { MemoryPlan } from '../../engine/memory-plan.ts';
import { sitesOf, trainableParameters } from '../../methods/parameters.ts';
import { lessonBytes } from '../../run/lesson.ts';
import { totalSteps } from '../../run/schedule.ts';
import { objectiveOf, type RunSettings } from '../../run/settings/list.ts';
import type { Estimate, RunCost } from '../api/api.ts';
import type { EngineNeed } from './engine-need.ts';
import { planApart, planOf } from './fit.ts';
import { needOfTeacher } from './teacher.ts';
import type { Workspace } from './workspace.ts';

/** What settings that are not running yet would take. @param secondsPerToken as measured here, or null */
export async function estimateRun(
  workspace: Workspace,
  settings: RunSettings,
  secondsPerToken: number | null,
): Promise<Estimate> {
  const dataset = workspace.trainingData;
  const rows = dataset
    ? heldOutSplit(dataset.rows, settings.evalFraction, settings.seed, MAX_HELD_OUT_ROWS).train.length
    : 0;
  const steps = totalSteps(settings, rows);
  const { need, memory, trainableParameters } = await planned(workspace, settings);
  const tokensPerStep =
    dataset && rows > 0
      ? (dataset.report.tokens / dataset.rows) * Math.min(rows, settings.batch * settings.accumulate)
      : 0;
  const objective = objectiveOf(settings, dataset?.report.calledFor ?? 'answers');
  const beside = async (other: Partial<RunSettings>): Promise<RunCost> => {
    const { memory, trainableParameters } = await planned(workspace, { ...settings, ...other });
    return { memory, trainableParameters };
  };
  return {
    steps,
    trainableParameters,
    memory,
    ...(need.soft && {
      teacherBytes: lessonBytes(dataset?.report.supervisedTokens ?? 0, need.soft.top),
    }),
    ...(objective === 'distil' && { teacherMemory: await memoryOfTeacher(workspace, need) }),
    beside: {
      lora: settings.method === 'lora' ? null : await beside({ method: 'lora', init: 'default' }),
      supervised: objective === 'sft' ? null : await beside({ objective: 'sft' }),
    },
    seconds: secondsPerToken === null ? null : steps * tokensPerStep * secondsPerToken,
  };
}

async function planned(workspace: Workspace, settings: RunSettings) {
  const { config } = workspace.model;
  const adapter = workspace.adapterSettings(settings);
  const longest = workspace.trainingData?.report.longest ?? settings.maxLength;
  const need = await workspace.need(settings, adapter, longest);
  return {
    need,
    memory: await planOf(workspace.model, need),
    trainableParameters: trainableParameters(sitesOf(config, adapter), adapter),
  };
}

/** What the second model takes while it reads the rows, before the first is loaded; null: none is open. */
async function memoryOfTeacher(workspace: Workspace, need: EngineNeed): Promise<MemoryPlan | null> {
  const { teacher: other, trainingData } = workspace;
  if (!other) return null;
  const longest = trainingData?.report.longest ?? need.shape.maxLength;
  return planApart(other, needOfTeacher(need, { longest, other }));
}
