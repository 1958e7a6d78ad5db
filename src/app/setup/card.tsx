import { type ReactNode, useId } from 'react';
import { Caret } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { type Card as CardName, setApp, useApp } from '../state/store.ts';
import css from './setup.module.css';

/** A part of the set-up: closed, it says in one line everything that matters. */
export function Card(props: {
  name: CardName;
  label: string;
  title: string;
  sub: ReactNode;
  /** Shown under the line whether open or closed. */
  below?: ReactNode;
  children: ReactNode;
}) {
  const open = useApp((state) => state.openCards[props.name]);
  const id = useId();
  return (
    <div className={shared.card}>
      <button
        type="button"
        className={css.head}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setApp(({ openCards }) => ({ openCards: { ...openCards, [props.name]: !open } }))}
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
        <div className={css.body} id={id}>
          {props.children}
        </div>
      )}
    </div>
  );
}
