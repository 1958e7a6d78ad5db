import { Suspense } from 'react';
import { createPortal } from 'react-dom';
import { lazyPart } from '../region/lazy-part.tsx';
import { Region } from '../region/region.tsx';
import shared from '../shared/shared.module.css';
import { closeTerm, useOpened } from './opened.ts';
import css from './term.module.css';

const Panel = lazyPart(() => import('./panel.tsx'));

/** The explanation that is open, if one is: fetched when the first is asked for, with all words and pictures. */
export function Explanation() {
  const opened = useOpened((state) => state.opened);
  if (!opened) return null;
  // Outside a modal dialog nothing can be reached while it is open.
  const host = opened.anchor.closest('[aria-modal="true"]') ?? document.body;
  return createPortal(
    <div className={css.late}>
      <Region
        name="The explanation"
        instead={
          <button type="button" className={shared.link} onClick={() => closeTerm(true)}>
            Close
          </button>
        }
      >
        <Suspense fallback={null}>
          <Panel key={opened.by} {...opened} />
        </Suspense>
      </Region>
    </div>,
    host,
  );
}
