import type { Memory, View } from '../../ops/memory.ts';

/**
 * Floats of the buffers of a sublayer, by name, in groups where it is made of others; undefined where one is not
 * needed. What is allocated and what a plan adds up are both made from this by `allocate`: a plan runs it on memory
 * that only counts.
 */
export type Sizes = number | undefined | readonly Sizes[] | { readonly [name: string]: Sizes };

/** Buffers of those sizes, under the same names. */
export type Buffers<S> = [Sizes] extends [S] ? AnyBuffers : Made<S>;

type Made<S> = S extends number
  ? View
  : S extends undefined
    ? undefined
    : { readonly [K in keyof S]: Buffers<S[K]> };

/** Those of a sublayer whose kind is not known. */
export type AnyBuffers = View | undefined | readonly AnyBuffers[] | { readonly [name: string]: AnyBuffers };

export function allocate<S extends Sizes>(memory: Memory, label: string, sizes: S): Buffers<S> {
  const make = (label: string, sizes: Sizes): unknown => {
    if (sizes === undefined) return undefined;
    if (typeof sizes === 'number') return memory.allocate(label, 4 * sizes, 'activation');
    const made = Object.entries(sizes).map(([name, size]) => [name, make(`${label} ${name}`, size)] as const);
    return Array.isArray(sizes) ? made.map(([, buffer]) => buffer) : Object.fromEntries(made);
  };
  return make(label, sizes) as Buffers<S>;
}

/** The larger size of each buffer, for buffers that several share. */
export function widest<S extends Sizes>(all: readonly S[]): S {
  const of = (all: readonly Sizes[]): Sizes => {
    const some = all.filter((sizes) => sizes !== undefined);
    if (some.length === 0) return undefined;
    if (typeof some[0] === 'number') return Math.max(...(some as number[]));
    const groups = some as { readonly [name: string]: Sizes }[];
    const names = [...new Set(groups.flatMap(Object.keys))];
    const sizes = names.map((name) => [name, of(groups.map((group) => group[name]))] as const);
    return Array.isArray(some[0]) ? sizes.map(([, size]) => size) : Object.fromEntries(sizes);
  };
  return of(all) as S;
}

/** Floats of what sublayers share, by name: each finds there what the one before it left, and overwrites it. */
export type SharedSizes = Readonly<Record<string, number>>;

/** Shared buffers by name. */
export type Shared = (name: string) => View;

/** @returns a look-up that refuses names which nobody declared */
export function allocateShared(memory: Memory, sizes: SharedSizes): Shared {
  const views = new Map(Object.entries(allocate(memory, 'shared', sizes)));
  return (name) => {
    const view = views.get(name);
    if (!view) throw new Error(`no sublayer declares a shared buffer “${name}”`);
    return view;
  };
}
