import { type PointerEvent, useEffect, useState } from 'react';
import { changeTime } from '../actions/answers.ts';
import { nearestKept } from '../scrub/kept-steps.ts';
import { useThen } from '../state/then.ts';

/** The slider that does the same by keyboard. */
export function focusTime(): void {
  document.querySelector<HTMLElement>('[data-time] input')?.focus({ preventScroll: true });
}

/**
 * What makes a curve one that is dragged along: pointer handlers for the element that is as wide as its steps.
 *
 * @param last step, at its right edge
 * @returns `at`: where the pointer is, in steps; null while none drags
 */
export function useScrub(last: number) {
  const { steps } = useThen();
  const [at, setAt] = useState<number | null>(null);
  const dragging = at !== null;
  const end = () => setAt(null);
  // The slider has the focus by then and goes back to the end; the pointer that is still down must not follow.
  useEffect(() => {
    if (!dragging) return;
    const press = (event: KeyboardEvent) => event.key === 'Escape' && setAt(null);
    window.addEventListener('keydown', press, true);
    return () => window.removeEventListener('keydown', press, true);
  }, [dragging]);
  const move = ({ currentTarget, clientX }: PointerEvent<HTMLElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    const place = Math.round(Math.min(1, Math.max(0, (clientX - left) / width)) * last);
    setAt(place);
    changeTime(nearestKept(steps, place, last));
  };
  return {
    at,
    handlers: {
      onPointerDown(event: PointerEvent<HTMLElement>) {
        if (steps.length === 0 || event.button !== 0) return;
        // Nothing is selected, and the focus goes to the slider.
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        focusTime();
        move(event);
      },
      onPointerMove(event: PointerEvent<HTMLElement>) {
        if (dragging) move(event);
      },
      onPointerUp: end,
      onPointerCancel: end,
    },
  };
}
