import { Fragment, type ReactNode, useEffect, useId } from 'react';
import type { TermId } from './glossary.ts';
import { closeTerm, useOpened } from './opened.ts';
import css from './term.module.css';

/** A word that explains itself: dotted underline, and one click or Enter opens its entry of the glossary. */
export function Term({ term, children }: { term: TermId; children: ReactNode }) {
  return (
    <TermButton term={term} className={css.term}>
      {children}
    </TermButton>
  );
}

/**
 * The same beside a word that is itself a label or a button's, and must stay one. Its name is its title, since a label
 * would have what it explains in it and be taken for the field's.
 */
export function Ask({ term, about }: { term: TermId; about: string }) {
  return (
    <TermButton term={term} className={css.ask} title={`Explain ${about}`}>
      <span aria-hidden="true">?</span>
    </TermButton>
  );
}

function TermButton(props: { term: TermId; className: string; title?: string; children: ReactNode }) {
  const { term } = props;
  const id = useId();
  const open = useOpened(({ opened }) => opened?.by === id);
  // What it explains has left the page.
  useEffect(() => () => void (useOpened.getState().opened?.by === id && closeTerm()), [id]);
  return (
    <button
      type="button"
      className={props.className}
      title={props.title}
      aria-haspopup="dialog"
      aria-expanded={open}
      onClick={({ currentTarget: anchor }) =>
        open ? closeTerm(true) : useOpened.setState({ opened: { term, by: id, anchor } })
      }
    >
      {props.children}
    </button>
  );
}

/** A figure and its unit stay on one line. */
const FIGURE = /(1 in [\d.,]*\d|[\d.,]*\d (?:[kMG]?B|%))/;

function kept(text: string): ReactNode[] {
  return text.split(FIGURE).map((part, i) =>
    i % 2 === 0 ? (
      part
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text never move
      <span key={i} className={css.figure}>
        {part}
      </span>
    ),
  );
}

/** A sentence in which some words are terms; each is marked where it first stands. */
export function Explained({ text, terms }: { text: string; terms: Readonly<Record<string, TermId>> }) {
  const places = Object.entries(terms)
    .map(([words, term]) => ({ words, term, at: text.indexOf(words) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  let done = 0;
  const parts: ReactNode[] = [];
  for (const { words, term, at } of places) {
    if (at < done) continue;
    parts.push(<Fragment key={done}>{kept(text.slice(done, at))}</Fragment>);
    parts.push(
      <Term key={words} term={term}>
        {words}
      </Term>,
    );
    done = at + words.length;
  }
  return [...parts, <Fragment key={done}>{kept(text.slice(done))}</Fragment>];
}
