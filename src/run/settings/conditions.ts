import { METHOD_NAMES } from '../../methods/names.ts';
import type { MethodId } from '../../methods/types.ts';
import type { ObjectiveName } from '../../objectives/names.ts';
import type { Condition } from './setting.ts';

/** Conditions of settings that count for some methods or for some objectives alone. */

export function ofMethods(...methods: readonly MethodId[]): Condition {
  const labels = METHOD_NAMES.filter(({ value }) => methods.includes(value)).map(({ label }) => label);
  return {
    words: `for ${labels.join(', ').replace(/, (?=[^,]*$)/, ' and ')}`,
    methods,
    holds: ({ settings }) => methods.some((method) => method === settings.method),
  };
}

/** What LoRA's matrices are told, in whichever method they stand. */
export const MATRICES = ofMethods('lora', 'dora');

/** Where no objective is named, it may be any. */
export function ofObjectives(...names: readonly ObjectiveName[]): Condition {
  const all = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names[0];
  return {
    words: `for ${all}`,
    objectives: names,
    holds: ({ settings: { objective } }) =>
      objective === null || objective === undefined || names.some((name) => name === objective),
  };
}
