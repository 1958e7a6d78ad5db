import { type RefObject, useEffect, useRef } from 'react';

/**
 * Keeps the keyboard's focus where a press takes away what had it.
 *
 * @param change what comes with the press
 * @returns for the element whose first button has the focus then
 */
export function useKeptFocus<Part extends HTMLElement>(change: unknown): RefObject<Part | null> {
  const place = useRef<Part>(null);
  const before = useRef(change);
  useEffect(() => {
    if (before.current === change) return;
    before.current = change;
    if (document.activeElement !== document.body) return;
    place.current?.querySelector<HTMLButtonElement>('button:enabled')?.focus({ preventScroll: true });
  }, [change]);
  return place;
}
