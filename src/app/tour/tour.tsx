import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useLayout } from '../shared/layout.ts';
import shared from '../shared/shared.module.css';
import { endTour, useTour } from '../state/tour.ts';
import { type Box, placeBeside } from './place.ts';
import { STOPS } from './stops.ts';
import css from './tour.module.css';

/** A few stops over the page, each pointing at its part; Escape ends it. */
export function Tour() {
  const stop = useTour((state) => state.stop);
  const on = stop !== null;
  useEffect(() => {
    if (!on) return;
    const before = document.activeElement;
    return () => giveFocusBack(before);
  }, [on]);
  return on ? <OneStop key={stop} place={stop} /> : null;
}

/** Where it was before the tour; the offer that it began from is gone: then to what comes next. */
function giveFocusBack(before: Element | null): void {
  const there = before instanceof HTMLElement && before !== document.body && before.isConnected;
  const to = there ? before : document.querySelector<HTMLElement>('button[data-tour="train"]');
  to?.focus();
}

/** The first element of this name that is on the screen. */
function targetBox(name: string): Box | null {
  for (const element of document.querySelectorAll(`[data-tour="${name}"]`)) {
    const { left, top, width, height } = element.getBoundingClientRect();
    if (width > 0 && height > 0) return { left, top, width, height };
  }
  return null;
}

function OneStop({ place }: { place: number }) {
  const { target, title, text } = STOPS[place];
  const layout = useLayout();
  const card = useRef<HTMLElement>(null);
  const next = useRef<HTMLButtonElement>(null);
  const [at, setAt] = useState<{ ring: Box | null; left: number; top: number } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another layout has other elements to point at
  useLayoutEffect(() => {
    const stand = () => {
      const ring = targetBox(target);
      const { innerWidth, innerHeight } = window;
      const around = ring ?? { left: innerWidth / 2, top: innerHeight / 2, width: 0, height: 0 };
      const size = card.current?.getBoundingClientRect() ?? { width: 0, height: 0 };
      setAt({ ring, ...placeBeside(around, size, { width: innerWidth, height: innerHeight }) });
    };
    stand();
    // What it points at may move a little later than the window.
    const observer = new ResizeObserver(stand);
    for (const element of document.querySelectorAll(`[data-tour="${target}"]`)) observer.observe(element);
    window.addEventListener('resize', stand);
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', stand);
    };
  }, [target, layout]);
  useEffect(() => next.current?.focus(), []);
  const last = place === STOPS.length - 1;
  const to = (stop: number) => useTour.setState({ stop });
  return (
    <>
      {at?.ring && <div className={css.ring} style={{ ...at.ring }} />}
      <section
        ref={card}
        role="dialog"
        aria-label="Tour"
        aria-describedby="tour-text"
        className={css.card}
        style={{ left: at?.left, top: at?.top }}
      >
        <h2 className={shared.heading}>
          {title}{' '}
          <span>
            {place + 1} of {STOPS.length}
          </span>
        </h2>
        <p id="tour-text">{text}</p>
        <div className={css.foot}>
          {!last && (
            <button type="button" className={shared.link} onClick={endTour}>
              Skip the rest
            </button>
          )}
          <span className={css.grow} />
          {place > 0 && (
            <button type="button" className={shared.button} onClick={() => to(place - 1)}>
              Back
            </button>
          )}
          <button
            ref={next}
            type="button"
            className={shared.button}
            onClick={() => (last ? endTour() : to(place + 1))}
          >
            {last ? 'Done' : 'Next'}
          </button>
        </div>
      </section>
    </>
  );
}
