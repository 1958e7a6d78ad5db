import { create } from 'zustand';
import type { TermId } from './glossary.ts';

/** The one explanation that is open, and the button that it belongs to. */
export interface Opened {
  term: TermId;
  /** Of the button; two may mark one term. */
  by: string;
  anchor: HTMLElement;
}

export const useOpened = create<{ opened: Opened | null }>(() => ({ opened: null }));

/** @param back gives the focus back to where it was */
export function closeTerm(back = false): void {
  const { opened } = useOpened.getState();
  if (!opened) return;
  useOpened.setState({ opened: null });
  if (back) opened.anchor.focus();
}
