import { Suspense, useEffect } from 'react';
import { closeSheets } from '../actions/cards.ts';
import { lazyPart } from '../region/lazy-part.tsx';
import { Region } from '../region/region.tsx';
import shared from '../shared/shared.module.css';
import { endTour, useTour } from '../state/tour.ts';
import css from './tour.module.css';

const Tour = lazyPart(() => import('./tour.tsx'));

/** Where the tour's captions stand: a row of the page, there from the press that asks for it. */
export function TourRow() {
  const on = useTour((state) => state.on);
  useEffect(() => {
    // It leads through what a sheet would cover.
    if (on) closeSheets();
  }, [on]);
  if (!on) return null;
  return (
    <div className={css.row}>
      <Region
        name="The tour"
        instead={
          <button type="button" className={shared.link} onClick={endTour}>
            Close
          </button>
        }
      >
        <Suspense fallback={null}>
          <Tour />
        </Suspense>
      </Region>
    </div>
  );
}
