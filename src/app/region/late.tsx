import { type ComponentType, Suspense } from 'react';
import { lazyPart } from './lazy-part.tsx';

type Load = () => Promise<{ default: ComponentType }>;
const loads: Load[] = [];

/** A part that is fetched when it is first shown, or ahead of that by `preloadLate`; nothing stands in for it. */
export function late(load: Load): ComponentType {
  loads.push(load);
  const Part = lazyPart(load);
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each part, when its module is read
  return function Late() {
    return (
      <Suspense fallback={null}>
        <Part />
      </Suspense>
    );
  };
}

/** Fetches all of them, while there is time. */
export function preloadLate(): void {
  // What fails here is told where the part stands.
  for (const load of loads) load().catch(() => {});
}
