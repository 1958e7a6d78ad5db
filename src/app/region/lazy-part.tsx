import { type ComponentType, createContext, type LazyExoticComponent, lazy, useContext } from 'react';
import { importPart } from '../shared/import-part.ts';

/** How often the person has asked the region around a component to try again. */
export const Attempt = createContext(0);

/**
 * A component with a chunk of its own. React remembers a failed import for good; here each new attempt of the region
 * around it imports again.
 */
export function lazyPart<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
): ComponentType<P> {
  const parts = new Map<number, LazyExoticComponent<ComponentType<P>>>();
  let loaded: LazyExoticComponent<ComponentType<P>> | null = null;
  const partOf = (attempt: number) => {
    const known = parts.get(attempt);
    if (known) return known;
    const part = lazy(async () => {
      const module = await importPart(load);
      loaded = part;
      return module;
    });
    parts.set(attempt, part);
    return part;
  };
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each chunk, when its module is read
  return function LazyPart(props) {
    const attempt = useContext(Attempt);
    const Part = loaded ?? partOf(attempt);
    return <Part {...props} />;
  };
}
