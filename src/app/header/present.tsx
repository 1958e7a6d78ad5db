import { useEffect, useState } from 'react';
import { presentAction } from '../actions/registry.ts';
import { Asked } from '../region/asked.tsx';
import { lazyPart } from '../region/lazy-part.tsx';
import { Board } from '../shared/icons.tsx';
import { setApp, useApp } from '../state/store.ts';
import css from './header.module.css';

const Screen = lazyPart(() => import('../present/screen.tsx'));

/** The way to the large view for a room; it is fetched when it is first asked for. */
export function Present() {
  const opened = useApp((state) => state.presenting);
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (opened) setAsked(true);
  }, [opened]);
  const close = () => setApp({ presenting: false });
  return (
    <>
      <button
        type="button"
        className={css.icon}
        aria-label="Present"
        aria-haspopup="dialog"
        title="Present: loss, curve and one question, large (P)"
        onClick={() => void presentAction.run()}
      >
        <Board />
      </button>
      {asked && (
        <Asked
          name="The presentation"
          giveUp={() => {
            close();
            setAsked(false);
          }}
        >
          <Screen opened={opened} close={close} />
        </Asked>
      )}
    </>
  );
}
