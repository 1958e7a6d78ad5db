/** Where the tour's card stands: next to what it points at, inside the window. */

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** CSS pixels between the card, what it points at, and the window's edge. */
const GAP = 12;

/** Left and top of a card of this size: right of the target, left of it, below, above, whichever has room first. */
export function placeBeside(
  target: Box,
  card: { width: number; height: number },
  window: { width: number; height: number },
): { left: number; top: number } {
  const right = target.left + target.width + GAP;
  const below = target.top + target.height + GAP;
  const inside = (left: number, top: number) => ({
    left: clamp(left, GAP, window.width - card.width - GAP),
    top: clamp(top, GAP, window.height - card.height - GAP),
  });
  if (right + card.width + GAP <= window.width) return inside(right, target.top);
  if (target.left - card.width - 2 * GAP >= 0) return inside(target.left - card.width - GAP, target.top);
  if (below + card.height + GAP <= window.height) return inside(target.left, below);
  return inside(target.left, target.top - card.height - GAP);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
