import { useState } from 'react';
import { Asked } from '../region/asked.tsx';
import { lazyPart } from '../region/lazy-part.tsx';
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
        <Asked name="The help" giveUp={() => setAsked(false)}>
          <HelpDialog opened={opened} close={() => setOpened(false)} />
        </Asked>
      )}
    </>
  );
}
