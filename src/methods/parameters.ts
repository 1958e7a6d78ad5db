import { UserError } from '../errors.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { AdapterModule } from '../model/modules.ts';
import { parameterKey, valuesOf } from './keys.ts';
import { methodOf } from './list.ts';
import type { StartBase } from './method.ts';
import type { AdapterSettings, AdapterWeights, Parameter } from './types.ts';

/** What follows from the list of an adapter's parameters, whatever the method. */

export interface SiteParameter {
  site: AdapterModule;
  parameter: Parameter;
  /** Under which its values are kept. */
  key: string;
}

/** What an adapter of these settings is beside. @throws UserError `unknown-target`, `no-target` */
export function sitesOf(config: DecoderConfig, settings: AdapterSettings): AdapterModule[] {
  return methodOf(settings).sites(config, settings);
}

/** All parameters of an adapter on these modules, module by module, in the order in which they are saved. */
export function parametersOf(
  modules: readonly AdapterModule[],
  settings: AdapterSettings,
): readonly SiteParameter[] {
  const method = methodOf(settings);
  return modules.flatMap((site) =>
    method
      .parameters(site, settings)
      .map((parameter) => ({ site, parameter, key: parameterKey(site.path, parameter.name) })),
  );
}

const sizeOf = ({ shape }: Parameter) => shape[0] * shape[1];

/** Number of trained values. */
export function trainableParameters(modules: readonly AdapterModule[], settings: AdapterSettings): number {
  return parametersOf(modules, settings).reduce(
    (sum, { parameter }) => sum + sizeOf(parameter) - (parameter.frozen ?? 0),
    0,
  );
}

/** Number of all values, with those that no step changes. */
export function heldValues(modules: readonly AdapterModule[], settings: AdapterSettings): number {
  return parametersOf(modules, settings).reduce((sum, { parameter }) => sum + sizeOf(parameter), 0);
}

/** A fresh adapter: the base's own answers, for methods that begin there. What `begins` on the device is left to it. */
export function initialAdapter(
  modules: readonly AdapterModule[],
  settings: AdapterSettings,
  seed: number,
): AdapterWeights {
  const { start } = methodOf(settings);
  const values = new Map(
    parametersOf(modules, settings)
      .filter(({ parameter }) => !parameter.begins)
      .map(({ site, parameter, key }) => [key, start(site, parameter, settings, seed)]),
  );
  return { settings, modules: [...modules], values };
}

/**
 * The same for methods that begin with something of the base's, site by site.
 * @param done told of sites that are done; what it throws ends it
 * @throws UserError `bad-setting`
 */
export async function startedAdapter(
  base: StartBase,
  modules: readonly AdapterModule[],
  settings: AdapterSettings,
  seed: number,
  done: (sites: number) => void = () => {},
): Promise<AdapterWeights> {
  const { startOn } = methodOf(settings);
  const weights = initialAdapter(modules, settings, seed);
  if (!startOn) return weights;
  for (const [i, site] of modules.entries()) {
    done(i);
    const begun = await startOn(base, site, settings, seed);
    for (const [name, values] of Object.entries(begun))
      weights.values.set(parameterKey(site.path, name), values);
  }
  return weights;
}

/** What is written of an adapter: the same effect in parameters that other programs know. */
export function exportedAdapter(weights: AdapterWeights): AdapterWeights {
  return methodOf(weights.settings).exported?.(weights) ?? weights;
}

/** All values one after another, module by module: how adapters and moments are kept in checkpoints. */
export function joinValues(weights: AdapterWeights): Float32Array<ArrayBuffer> {
  const parameters = parametersOf(weights.modules, weights.settings);
  const joined = new Float32Array(heldValues(weights.modules, weights.settings));
  parameters.reduce((at, { site, parameter }) => {
    joined.set(valuesOf(weights, site, parameter), at);
    return at + sizeOf(parameter);
  }, 0);
  return joined;
}

/**
 * The reverse of `joinValues`; the values are views of `joined`.
 * @throws UserError `adapter-mismatch` where there are more or fewer
 */
export function splitValues(
  joined: Float32Array,
  modules: readonly AdapterModule[],
  settings: AdapterSettings,
): AdapterWeights {
  const wanted = heldValues(modules, settings);
  if (joined.length !== wanted)
    throw new UserError(
      'adapter-mismatch',
      `The adapter has ${joined.length} values, and these settings make ${wanted}. Nothing was changed. Use the settings that it was trained with.`,
    );
  const values = new Map<string, Float32Array>();
  let at = 0;
  for (const { parameter, key } of parametersOf(modules, settings)) {
    values.set(key, joined.subarray(at, at + sizeOf(parameter)));
    at += sizeOf(parameter);
  }
  return { settings, modules: [...modules], values };
}
