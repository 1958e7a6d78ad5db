import { type FocusEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import type { SettingKey } from '../../run/settings/list.ts';
import { Cross } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { type AppState, isTaken, useApp } from '../state/store.ts';
import { openSweep } from '../state/sweep.ts';
import { sweptOf } from '../state/swept.ts';
import { entryOf, type TermId } from './glossary.ts';
import { closeTerm, type Opened } from './opened.ts';
import css from './panel.module.css';
import { TermPicture } from './pictures.tsx';
import { placeUnder } from './place.ts';

/** Mantine's dialogs hear Escape before anyone else can; where the focus is on this they leave it alone. */
const KEEPS_ESCAPE = { 'data-mantine-stop-propagation': true };

/** One entry of the glossary, beside the word that was asked about. Escape, a click elsewhere or leaving it closes it. */
export default function Panel({ term, anchor }: Pick<Opened, 'term' | 'anchor'>) {
  const { title, text, picture } = entryOf(term);
  const panel = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<{ left: number; top: number } | null>(null);
  const id = useId();

  useLayoutEffect(() => {
    const element = panel.current;
    if (!element) return;
    // Above everything, dialogs too, and cut off by nothing; where a browser has no such layer, above most.
    element.showPopover?.();
    const stand = () => {
      const { width, height } = element.getBoundingClientRect();
      const { innerWidth, innerHeight } = window;
      setAt(
        placeUnder(
          anchor.getBoundingClientRect(),
          { width, height },
          { width: innerWidth, height: innerHeight },
        ),
      );
    };
    stand();
    element.focus({ preventScroll: true });
    window.addEventListener('resize', stand);
    // Any column may scroll.
    window.addEventListener('scroll', stand, true);
    return () => {
      element.hidePopover?.();
      window.removeEventListener('resize', stand);
      window.removeEventListener('scroll', stand, true);
    };
  }, [anchor]);

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      // The dialog or the drawer below stays.
      event.preventDefault();
      event.stopPropagation();
      closeTerm(true);
    };
    const point = ({ target }: PointerEvent) => {
      // Its own word closes it by itself.
      if (target instanceof Node && !panel.current?.contains(target) && !anchor.contains(target)) closeTerm();
    };
    window.addEventListener('keydown', press, true);
    window.addEventListener('pointerdown', point, true);
    return () => {
      window.removeEventListener('keydown', press, true);
      window.removeEventListener('pointerdown', point, true);
    };
  }, [anchor]);

  const leave = ({ relatedTarget: to }: FocusEvent) => {
    if (to instanceof Node && to !== anchor && !panel.current?.contains(to)) closeTerm();
  };
  return (
    <div
      ref={panel}
      popover="manual"
      {...KEEPS_ESCAPE}
      role="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      tabIndex={-1}
      className={css.panel}
      // Unseen, but there to take the focus.
      style={at ?? { left: 0, top: 0, opacity: 0 }}
      onBlur={leave}
    >
      <strong id={`${id}-title`}>{title}</strong>
      <button
        type="button"
        {...KEEPS_ESCAPE}
        className={css.close}
        aria-label="Close"
        onClick={() => closeTerm(true)}
      >
        <Cross />
      </button>
      <p id={`${id}-text`}>{text}</p>
      {picture && <TermPicture name={picture} />}
      <Compare term={term} />
    </div>
  );
}

/** Of a setting of one number: a way to see what it does, in short runs side by side. */
function Compare({ term }: { term: TermId }) {
  const swept = useApp((state) => sweptOf(term, state));
  const ready = useApp((state) => (state.data?.used ?? 0) > 1 && !isTaken(state) && !isLoading(state));
  if (!swept) return null;
  const open = () => {
    closeTerm(true);
    openSweep(term as SettingKey);
  };
  return (
    <div className={css.compare}>
      <button
        type="button"
        {...KEEPS_ESCAPE}
        className={shared.button}
        disabled={!ready}
        title={swept.values.map(String).join(', ')}
        onClick={open}
      >
        Compare three values
      </button>
      <span className={shared.label}>
        {ready ? 'Short runs on your data, about a minute' : 'Once data are open and no run is going'}
      </span>
    </div>
  );
}

function isLoading({ model, modelWork, dataWork, starting }: AppState): boolean {
  return model === null || modelWork !== null || dataWork !== null || starting;
}
