import { Suspense, useState } from 'react';
import { lazyPart } from '../region/lazy-part.tsx';
import { Region } from '../region/region.tsx';
import shared from '../shared/shared.module.css';
import css from './header.module.css';

const HelpDialog = lazyPart(() => import('../help/help-dialog.tsx'));

/** The way to everything that explains: ideas, tour, keys, the guide. It is fetched when it is first asked for. */
export function Help() {
  const [opened, setOpened] = useState(false);
  const [asked, setAsked] = useState(false);
  return (
    <>
      <button
        type="button"
        className={`${css.icon} ${css.help}`}
        aria-label="Help"
        aria-haspopup="dialog"
        title="What happens here, the tour, keys, the guide"
        onClick={() => {
          setAsked(true);
          setOpened(true);
        }}
      >
        ?
      </button>
      {asked && (
        <div className={css.late}>
          <Region
            name="The help"
            instead={
              <button type="button" className={shared.link} onClick={() => setAsked(false)}>
                Close
              </button>
            }
          >
            <Suspense fallback={null}>
              <HelpDialog opened={opened} close={() => setOpened(false)} />
            </Suspense>
          </Region>
        </div>
      )}
    </>
  );
}
