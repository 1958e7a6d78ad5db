import { setApp } from '../state/store.ts';
import { openCard } from './cards.ts';

/** Fields of the model card that are gone to from elsewhere. */
export const HUB_FIELD = 'hub-name';
export const TOKEN_FIELD = 'hub-token';

/** Opens the model card at one of its fields. */
export function showHubField(field: string): void {
  openCard('model');
  setApp({
    pane: 'setup',
    drawer: matchMedia('(min-width: 760px) and (max-width: 1199px)').matches,
  });
  // Once the card, and perhaps the drawer, stands.
  setTimeout(() => document.getElementById(field)?.focus(), 50);
}
