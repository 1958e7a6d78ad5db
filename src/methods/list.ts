import { UserError } from '../errors.ts';
import { dora } from './dora/dora.ts';
import { ia3 } from './ia3/ia3.ts';
import { lora } from './lora/lora.ts';
import type { Method } from './method.ts';
import { prefix } from './prefix/prefix.ts';
import { prompt } from './prompt/prompt.ts';
import type { AdapterSettings } from './types.ts';

/** Every way to adapt. To add one: a file beside these, and its line here. */
export const METHODS: readonly Method[] = [lora, dora, ia3, prompt, prefix];

/** Tokens that an adapter puts in front of every row. */
export function virtualTokensOf(settings: AdapterSettings): number {
  return methodOf(settings).virtualTokens?.(settings) ?? 0;
}

/** @throws UserError `unknown-method` */
export function methodOf({ method = 'lora' }: Pick<AdapterSettings, 'method'>): Method {
  const found = METHODS.find(({ id }) => id === method);
  if (found) return found;
  throw new UserError(
    'unknown-method',
    `The method “${method}” is not supported. Nothing was changed. Choose one of ${METHODS.map(({ id }) => id).join(', ')}.`,
  );
}
