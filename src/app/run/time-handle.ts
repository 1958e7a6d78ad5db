import css from './curve.module.css';

/**
 * A handle on the chart that is dragged to an earlier step; elsewhere a drag zooms. For keyboards there is a slider.
 *
 * @param over the chart's area, as wide as what is in sight of the run
 * @param stepAt step at a place of it, in pixels from its left
 */
export function timeHandle(
  over: HTMLElement,
  stepAt: (place: number) => number,
  told: { begin(): void; scrub(step: number): void },
) {
  const handle = document.createElement('i');
  handle.className = css.handle;
  handle.hidden = true;
  let dragging = false;
  handle.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    dragging = true;
    handle.setPointerCapture(event.pointerId);
    told.begin();
  });
  handle.addEventListener('pointermove', (event) => {
    if (dragging) told.scrub(stepAt(event.clientX - over.getBoundingClientRect().left));
  });
  for (const end of ['pointerup', 'pointercancel'] as const)
    handle.addEventListener(end, () => {
      dragging = false;
    });
  // The slider, which has the focus by then, goes back to the end.
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') dragging = false;
  };
  window.addEventListener('keydown', press, true);
  // Neither a zoom nor a click on a point.
  for (const kind of ['mousedown', 'click', 'dblclick'] as const)
    handle.addEventListener(kind, (event) => event.stopPropagation());
  over.append(handle);
  return {
    /** @param place in pixels; null where it is out of sight, or nothing is kept */
    put(place: number | null): void {
      handle.hidden = place === null;
      if (place !== null) handle.style.left = `${place}px`;
    },
    destroy: () => window.removeEventListener('keydown', press, true),
  };
}
