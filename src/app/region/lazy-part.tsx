import { type ComponentType, createContext, type LazyExoticComponent, lazy, useContext } from 'react';

/** How often the person has asked the region around a component to try again. */
export const Attempt = createContext(0);

/** A file of the page that did not come. */
export class MissingPart extends Error {
  override name = 'MissingPart';
  /** Whether the server has another version of the page by now, so that the file will never come. */
  readonly outdated: boolean;
  constructor(outdated: boolean, cause: unknown) {
    super('A part of the page could not be fetched.', { cause });
    this.outdated = outdated;
  }
}

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
      try {
        const module = await load();
        loaded = part;
        return module;
      } catch (error) {
        throw new MissingPart(await isOutdated(), error);
      }
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

/** Whether the server's page no longer names the script that runs here: files of this version are gone then. */
async function isOutdated(): Promise<boolean> {
  const script = document.querySelector<HTMLScriptElement>('script[type="module"][src]');
  const name = script?.src.split('/').at(-1)?.split('?')[0];
  if (!name) return false;
  try {
    const response = await fetch(location.pathname, { cache: 'no-store' });
    return response.ok && !(await response.text()).includes(name);
  } catch {
    return false;
  }
}
