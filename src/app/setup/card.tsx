import { type ReactNode, useEffect, useId, useRef } from 'react';
import { toggleCard } from '../actions/cards.ts';
import { Caret } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { type Card as CardName, useApp } from '../state/store.ts';
import css from './setup.module.css';

/** A part of the set-up: closed, it says in one line everything that matters. */
export function Card(props: {
  name: CardName;
  label: string;
  title: string;
  sub: ReactNode;
  /** Shown under the line whether open or closed. */
  below?: ReactNode;
  /** Where the window is wide it opens as a sheet over the middle, whose width lists and forms need. */
  sheet?: boolean;
  children: ReactNode;
}) {
  const open = useApp((state) => state.openCards[props.name]);
  const id = useId();
  const head = useRef<HTMLButtonElement>(null);
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // Opened from what it now covers, which may not keep the focus.
    if (open && document.activeElement?.closest('[inert]')) close.current?.focus();
  }, [open]);
  return (
    <div className={shared.card}>
      <button
        ref={head}
        type="button"
        className={css.head}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => toggleCard(props.name)}
      >
        <span className={shared.label}>{props.label}</span>
        <span className={css.title}>{props.title}</span>
        <span className={css.caret}>
          <Caret open={open} />
        </span>
        <span className={css.sub}>{props.sub}</span>
      </button>
      {props.below}
      {open && (
        <div className={`${css.body} ${props.sheet ? css.sheet : ''}`} id={id}>
          {props.sheet && (
            <div className={css.sheetHead}>
              <h2 className={shared.heading}>{props.label}</h2>
              <button
                ref={close}
                type="button"
                className={shared.button}
                aria-label={`Close the sheet ${props.label}`}
                onClick={() => {
                  toggleCard(props.name);
                  head.current?.focus();
                }}
              >
                Close
              </button>
            </div>
          )}
          {props.children}
        </div>
      )}
    </div>
  );
}
