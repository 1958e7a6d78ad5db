import { create } from 'zustand';
import { keepsNothing } from './keeping.ts';

/** Whether the tour was taken or declined, kept under its own key. */
const KEY = 'lowrank-tour';

export interface TourState {
  /** Offered on the first screen: never again once it was taken or declined. */
  offered: boolean;
  on: boolean;
}

export const useTour = create<TourState>(() => ({ offered: !isSettled(), on: false }));

/** Where nothing may be kept it cannot be remembered either, and an offer that always comes back is a nuisance. */
function isSettled(): boolean {
  try {
    return keepsNothing() || localStorage.getItem(KEY) !== null;
  } catch {
    return true;
  }
}

/** Ends the tour where it is on. */
export function endTour(): void {
  useTour.setState({ on: false });
}

/** Not offered again on this device. */
export function settleTour(): void {
  useTour.setState({ offered: false });
  try {
    if (!keepsNothing()) localStorage.setItem(KEY, 'seen');
  } catch {
    // Storage is forbidden here.
  }
}

export function startTour(): void {
  settleTour();
  useTour.setState({ on: true });
}
