import type { Call } from './values.ts';

/**
 * Arguments by name, as Python binds them to a signature.
 *
 * @param signature `name`, or `name=` for one that may be left out.
 * @throws Error where one is missing, unknown or given twice.
 */
export function bind(name: string, signature: readonly string[], call: Call): Record<string, unknown> {
  const names = signature.map((one) => one.replace('=', ''));
  const bound: Record<string, unknown> = {};
  if (call.positional.length > names.length)
    throw new Error(`${name}() takes at most ${names.length} arguments (${call.positional.length} given)`);
  call.positional.forEach((value, i) => {
    bound[names[i]] = value;
  });
  for (const [key, value] of call.named) {
    if (!names.includes(key)) throw new Error(`${name}() got an unexpected keyword argument '${key}'`);
    if (key in bound) throw new Error(`${name}() got multiple values for argument '${key}'`);
    bound[key] = value;
  }
  const missing = signature.find((one) => !one.endsWith('=') && !(one in bound));
  if (missing !== undefined)
    throw new Error(`${name}() missing 1 required positional argument: '${missing}'`);
  return bound;
}

export function asText(value: unknown, of: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`${of} must be str`);
}

export function asInteger(value: unknown, of: string): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  throw new Error(`${of} must be an integer`);
}
