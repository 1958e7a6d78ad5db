import { UserError } from '../errors.ts';
import type { AdapterModule } from '../model/modules.ts';
import type { AdapterWeights, Parameter } from './types.ts';

/** Under which the values of a site's parameter are kept. */
export function parameterKey(path: string, name: string): string {
  return `${path}.${name}`;
}

/**
 * The values of one parameter, of just the size that the settings say.
 * @throws UserError `adapter-mismatch`
 */
export function valuesOf(
  { values }: Pick<AdapterWeights, 'values'>,
  { path }: Pick<AdapterModule, 'path'>,
  { name, shape }: Pick<Parameter, 'name' | 'shape'>,
): Float32Array {
  const key = parameterKey(path, name);
  const found = values.get(key);
  if (found?.length === shape[0] * shape[1]) return found;
  throw new UserError(
    'adapter-mismatch',
    found
      ? `The adapter’s ${key} has ${found.length} values, and [${shape.join(', ')}] are needed. Nothing was changed. Choose an adapter of this rank and base.`
      : `The adapter has no ${key}. Nothing was changed. Choose an adapter for these modules.`,
  );
}
