import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { objectiveOf } from '../../run/settings/list.ts';
import { type Layout, useLayout } from '../shared/layout.ts';
import shared from '../shared/shared.module.css';
import { setApp, useApp } from '../state/store.ts';
import { endTour } from '../state/tour.ts';
import { captionOf, PLACES } from './captions.ts';
import { begin, type CaptionId, follow, type Progress, seenOf, turnTo, waitOf } from './progress.ts';
import css from './tour.module.css';

/**
 * The first run with five captions, each when the thing happens. They stand in a row of the page's own, so that they cover
 * nothing; what they speak of is outlined.
 */
export default function Tour() {
  const layout = useLayout();
  const seen = useApp(useShallow(({ run }) => seenOf(run)));
  const [tour, setTour] = useState<Progress>(() => begin(performance.now()));
  useEffect(() => setTour((before) => follow(before, seen, performance.now()) ?? OVER), [seen]);
  useEffect(() => {
    if (tour === OVER) {
      endTour();
      return;
    }
    if (waitOf(tour, performance.now()) === null) return;
    // Again and again: a single timer ends up to a millisecond early, finds nothing due, and the tour would stay there.
    const timer = setInterval(() => setTour((now) => follow(now, seen, performance.now()) ?? OVER), LOOK);
    return () => clearInterval(timer);
  }, [tour, seen]);
  const id = tour.due[tour.at];
  useOutline(id, tour.phase !== 'before');
  const text = useCaption(id, tour.phase !== 'before');
  const bar = useFocus();
  const place = usePlace(id, layout);
  const to = (at: number) => setTour((now) => turnTo(now, at, performance.now()));
  const last = tour.phase === 'ended' && tour.at === tour.due.length - 1;
  return (
    <section ref={bar} aria-label="Tour" className={css.bar}>
      <p className={css.caption} aria-live="polite">
        {text}
      </p>
      <div className={css.foot}>
        {place && (
          <button type="button" className={shared.accentLink} onClick={place}>
            Show it
          </button>
        )}
        {tour.at > 0 && (
          <button type="button" className={shared.link} onClick={() => to(tour.at - 1)}>
            Back
          </button>
        )}
        {tour.at < tour.due.length - 1 && (
          <button type="button" className={shared.link} onClick={() => to(tour.at + 1)}>
            Next
          </button>
        )}
        <button type="button" className={shared.button} onClick={endTour}>
          {last ? 'Done' : 'Skip the tour'}
        </button>
      </div>
    </section>
  );
}

/** Milliseconds between looks at whether the next caption is due. */
const LOOK = 200;

const OVER: Progress = { phase: 'ended', due: ['train'], at: 0, since: 0, held: true };

/** Empty at first: screen readers speak what changes in a live region, not what it is born with. */
function useCaption(id: CaptionId, going: boolean): string {
  const text = useApp(({ run, runSettings, settings, data }) => {
    const used = going ? runSettings : settings;
    const objective = objectiveOf(used ?? settings, data?.calledFor ?? 'answers');
    return captionOf(id, { run, settings: used, objective, going });
  });
  const [said, setSaid] = useState('');
  useEffect(() => setSaid(text), [text]);
  return said;
}

/** What the caption speaks of has `data-tour` with its name. */
function useOutline(id: CaptionId, going: boolean): void {
  useEffect(() => {
    const { dataset } = document.documentElement;
    // Train is gone once the run goes.
    if (id !== 'train' || !going) dataset.caption = id;
    return () => void delete dataset.caption;
  }, [id, going]);
}

const CONTROLS = '[data-tour="train"], [data-tour="pause"]';

/** From the offer, which is gone, to Train; from the bar, which will be, to the run's buttons. */
function useFocus() {
  const bar = useRef<HTMLElement>(null);
  // Before the bar is taken off the page, and its focus with it.
  useLayoutEffect(() => {
    const before = document.activeElement;
    if (!before || before === document.body) focusControls();
    const end = bar.current;
    return () => {
      if (end?.contains(document.activeElement)) focusControls();
    };
  }, []);
  return bar;
}

function focusControls(): void {
  document.querySelector<HTMLElement>(CONTROLS)?.focus();
}

/** Brings what the caption speaks of in sight, where another part of the page is in front; null where it is. */
function usePlace(id: CaptionId, layout: Layout): (() => void) | null {
  const pane = useApp((state) => state.pane);
  const tab = useApp((state) => state.tab);
  const place = PLACES[id];
  if (!place || ((layout !== 'phone' || pane === place.pane) && (place.tab ?? tab) === tab)) return null;
  return () => {
    setApp({ pane: place.pane, tab: place.tab ?? tab, drawer: false });
    requestAnimationFrame(() =>
      document.querySelector(`[data-tour="${id}"]`)?.scrollIntoView({ block: 'nearest' }),
    );
  };
}
