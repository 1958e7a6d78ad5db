import { Attributes, Callable, equal, Tuple, Undefined } from './values.ts';

/** jinja2's `loop`. */
export function loopOf({
  items,
  at,
  depth,
  changes,
  again,
}: {
  items: readonly unknown[];
  at: number;
  depth: number;
  changes: { last: unknown };
  /** Renders the loop over other items, where it is recursive. */
  again: ((items: unknown) => string) | null;
}): unknown {
  const { length } = items;
  const fields: Record<string, () => unknown> = {
    index: () => at + 1,
    index0: () => at,
    revindex: () => length - at,
    revindex0: () => length - at - 1,
    first: () => at === 0,
    last: () => at === length - 1,
    length: () => length,
    depth: () => depth + 1,
    depth0: () => depth,
    previtem: () => (at > 0 ? items[at - 1] : new Undefined('there is no previous item')),
    nextitem: () => (at < length - 1 ? items[at + 1] : new Undefined('there is no next item')),
    cycle: () =>
      new Callable('cycle', ({ positional }) => {
        if (positional.length === 0) throw new Error('no items for cycling given');
        return positional[at % positional.length];
      }),
    changed: () =>
      new Callable('changed', ({ positional }) => {
        const now = new Tuple(positional);
        if (changes.last !== undefined && equal(changes.last, now)) return false;
        changes.last = now;
        return true;
      }),
  };
  const get = (name: string): unknown => (Object.hasOwn(fields, name) ? fields[name]() : undefined);
  return again ? new RecursiveLoop(get, again) : new Attributes('LoopContext', get);
}

const LOOP = 'loop';

/** A loop that may be called. */
class RecursiveLoop extends Callable {
  constructor(
    readonly get: (name: string) => unknown,
    again: (items: unknown) => string,
  ) {
    super(LOOP, ({ positional }) => again(positional[0]));
  }
}
