import shared from '../shared/shared.module.css';
import { settleTour, startTour, useTour } from '../state/tour.ts';
import css from './tour.module.css';

/** On the first screen of a first visit; taken or declined, it does not come back. */
export function TourOffer() {
  const offered = useTour((state) => state.offered);
  if (!offered) return null;
  return (
    <p className={css.offer}>
      <span>New here?</span>
      <button type="button" className={shared.accentLink} onClick={startTour}>
        Take the one-minute tour
      </button>
      <button type="button" className={shared.link} onClick={settleTour}>
        No thanks
      </button>
    </p>
  );
}
