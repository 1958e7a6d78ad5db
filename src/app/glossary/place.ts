/** Where an explanation stands: under its word, or over it where there is no room, inside the window. */

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** CSS pixels to the word, and to the window's edge. */
const GAP = 6;
const EDGE = 8;

/** Left and top of a panel of this size beside `word`. */
export function placeUnder(
  word: Box,
  panel: { width: number; height: number },
  window: { width: number; height: number },
): { left: number; top: number } {
  const below = word.top + word.height + GAP;
  const above = word.top - panel.height - GAP;
  const room = below + panel.height + EDGE <= window.height;
  const top = room || above < EDGE ? below : above;
  const inside = (value: number, size: number, all: number) =>
    Math.max(EDGE, Math.min(value, all - size - EDGE));
  return {
    left: inside(word.left, panel.width, window.width),
    top: inside(top, panel.height, window.height),
  };
}
