import type { Engine } from '../../engine/engine.ts';
import { UserError } from '../../errors.ts';
import { sitesOf, startedAdapter, trainableParameters } from '../../methods/parameters.ts';
import type { AdapterSettings, AdapterWeights, LoraSettings } from '../../methods/types.ts';
import { type RunSettings, settingOf } from '../../run/settings/list.ts';
import { showSetting } from '../../run/settings/setting.ts';
import { evaStart } from './eva-start.ts';
import type { RunPlan } from './run-plan.ts';
import { startBase } from './start-base.ts';
import type { Listener, Workspace } from './workspace.ts';

/** What a run begins with: a start may have much to compute before the first step, which is told and can be stopped. */

interface Watch {
  emit: Listener;
  /** Whether the person has ended the run meanwhile. */
  stopped(): boolean;
}

/**
 * Where a start has much to compute.
 * @throws UserError `stopped` where that was asked for meanwhile, `bad-setting`
 */
export async function computedStart(
  workspace: Workspace,
  { settings, adapterSettings }: Pick<RunPlan, 'settings' | 'adapterSettings'>,
  watch: Watch,
): Promise<AdapterWeights> {
  const modules = sitesOf(workspace.model.config, adapterSettings);
  const base = startBase(workspace, settings.baseDtype);
  const what = announced(settings, watch);
  return startedAdapter(base, modules, adapterSettings, settings.seed, (done) => {
    watch.emit({ type: 'progress', what, done, total: modules.length });
    refuseStopped(watch);
  });
}

/** Where a start looks at the data. @throws UserError as `computedStart` */
export async function observedStart(
  workspace: Workspace,
  lora: LoraSettings,
  given: Parameters<typeof evaStart>[2],
  watch: Watch,
): Promise<AdapterWeights<LoraSettings>> {
  const what = announced(given.settings, watch);
  return evaStart(workspace, lora, given, (pass, done, total) => {
    watch.emit({ type: 'progress', what: `${what}, pass ${pass}`, done, total });
    refuseStopped(watch);
  });
}

function announced({ init }: Pick<RunSettings, 'init'>, { emit }: Watch): string {
  const what = `Computing the start ${showSetting(settingOf('init'), init)}`;
  emit({ type: 'state', state: 'loading', detail: what });
  return what;
}

function refuseStopped({ stopped }: Watch): void {
  if (!stopped()) return;
  throw new UserError(
    'stopped',
    'The run was stopped while its start was computed, before its first step. Nothing was written.',
  );
}

/** A fresh start, whatever the engine trained before. */
export async function beginAfresh(
  engine: Engine,
  adapterSettings: AdapterSettings,
  begun: AdapterWeights,
): Promise<void> {
  await engine.setAdapter(begun);
  const floats = trainableParameters(engine.modules, adapterSettings);
  await engine.setOptimizer({ m: new Float32Array(floats), v: new Float32Array(floats) });
}
