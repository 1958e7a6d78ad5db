import { isWide } from '../shared/layout.ts';
import { type Card, getApp, setApp } from '../state/store.ts';

/** Cards of the set-up that open as a sheet over the middle where there is room for one. */
export const SHEETS = ['model', 'data'] as const satisfies readonly Card[];

const NO_SHEET = { model: false, data: false };

/** Opens a card; of the sheets only one is open. */
export function openCard(card: Card): void {
  const closed = isWide() && (SHEETS as readonly Card[]).includes(card) ? NO_SHEET : {};
  setApp(({ openCards }) => ({ openCards: { ...openCards, ...closed, [card]: true } }));
}

export function toggleCard(card: Card): void {
  if (!getApp().openCards[card]) openCard(card);
  else setApp(({ openCards }) => ({ openCards: { ...openCards, [card]: false } }));
}

/** Shows what a sheet lies over. In a narrow window cards stay as they are: they cover nothing there. */
export function closeSheets(): void {
  if (isWide()) setApp(({ openCards }) => ({ openCards: { ...openCards, ...NO_SHEET } }));
}
