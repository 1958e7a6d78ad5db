import uPlot from 'uplot';
import { type Aligned, lossRange } from '../drawing/aligned.ts';
import { type Overlay, overlayRange } from '../drawing/overlays.ts';
import { timeHandle } from './time-handle.ts';

/** What is drawn; `marks` stand below the axis. */
export interface PlotView {
  data: Aligned;
  step: number;
  steps: number;
  best: number | null;
  marks: { step: number; kind: 'checkpoint' | 'warning' }[];
  label: string | null;
  /** Past runs laid over this one. */
  overlays: readonly Overlay[];
  /** Step whose adapter is shown; null where none is kept. */
  keptStep: number | null;
}

export interface PlotCallbacks {
  /** Index into `data`, or null when the pointer leaves. */
  hover(index: number | null): void;
  zoom(zoomed: boolean): void;
  pick(step: number): void;
  /** The handle is pressed, and dragged to a place on the axis of steps. */
  grasp(): void;
  scrub(step: number): void;
}

export interface LossPlot {
  update(view: PlotView): void;
  reset(): void;
  destroy(): void;
}

type Window = { min: number; max: number };

/** Farthest that a press may wander and still be a click, in pixels. */
const CLICK = 4;
const MARKS_HEIGHT = 18;

/**
 * The loss curve on a canvas: each step, smoothed, held-out, events below, the part still to come shaded. A drag
 * zooms, a double click shows the whole run again. Colours are read once: a new theme makes a new plot.
 */
export function createLossPlot(host: HTMLElement, first: PlotView, callbacks: PlotCallbacks): LossPlot {
  const color = colors();
  let view = first;
  let zoom: Window | null = null;
  let pressedAt: number | null = null;

  const whole = (): Window => ({
    min: 0,
    max: Math.max(1, view.steps, ...view.overlays.map(({ step }) => step.at(-1) ?? 0)),
  });
  const show = () => plot.setScale('x', zoom ?? whole());
  const reset = () => {
    zoom = null;
    callbacks.zoom(false);
    show();
  };

  let handle: ReturnType<typeof timeHandle> | null = null;
  const plot = new uPlot(
    {
      width: Math.max(80, host.clientWidth),
      height: Math.max(80, host.clientHeight),
      padding: [8, 16, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false },
        y: {
          range: (_, low, high) => {
            const { min, max } = zoom ?? whole();
            const over = overlayRange(view.overlays, min, max);
            return over
              ? lossRange(Math.min(low ?? over[0], over[0]), Math.max(high ?? over[1], over[1]))
              : lossRange(low, high);
          },
        },
      },
      cursor: {
        y: false,
        points: { size: 7, width: 2, fill: color.panel },
        drag: { x: true, y: false, setScale: false },
        bind: {
          dblclick: () => () => {
            reset();
            return null;
          },
        },
      },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      series: [
        {},
        { stroke: color.raw, alpha: 0.6, width: 1, points: { show: false } },
        { stroke: color.accent, width: 2.2, points: { show: false } },
        {
          stroke: color.held,
          width: 1.5,
          dash: [1, 4],
          cap: 'round',
          spanGaps: true,
          points: { show: true, size: 7, width: 1.5, stroke: color.held, fill: color.panel },
        },
      ],
      axes: [
        {
          stroke: color.faint,
          font: FONT,
          grid: { show: false },
          ticks: { show: false },
          size: 24 + MARKS_HEIGHT,
          gap: MARKS_HEIGHT,
          space: 72,
          incrs: STEPS,
        },
        {
          stroke: color.faint,
          font: FONT,
          grid: { stroke: color.line, width: 1 },
          ticks: { show: false },
          size: 36,
          gap: 8,
          space: 56,
          values: (_, splits, _axis, _space, increment) =>
            splits.map((value) => value.toFixed(increment < 0.1 ? 2 : 1)),
        },
      ],
      hooks: {
        drawClear: [(u) => shadeRest(u, view, color)],
        draw: [
          (u) => drawOverlays(u, view, color),
          (u) => drawNow(u, view, color),
          (u) => drawMarks(u, view, color),
          (u) => {
            const { min = 0, max = 0 } = u.scales.x;
            const out = view.keptStep === null || view.keptStep < min || view.keptStep > max;
            // The first drawing comes before there is a handle.
            handle?.put(out ? null : u.valToPos(view.keptStep ?? 0, 'x'));
          },
        ],
        setCursor: [(u) => callbacks.hover(u.cursor.idx ?? null)],
        setSelect: [
          (u) => {
            const { left, width } = u.select;
            if (width <= CLICK) return;
            zoom = {
              min: Math.max(0, u.posToVal(left, 'x')),
              max: Math.min(whole().max, u.posToVal(left + width, 'x')),
            };
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            callbacks.zoom(true);
            show();
          },
        ],
      },
    },
    filled(view.data),
    host,
  );

  handle = timeHandle(plot.over, (place) => plot.posToVal(place, 'x'), {
    begin: callbacks.grasp,
    scrub: callbacks.scrub,
  });

  const press = (event: MouseEvent) => {
    pressedAt = event.clientX;
  };
  const release = (event: MouseEvent) => {
    if (pressedAt === null || Math.abs(event.clientX - pressedAt) > CLICK) return;
    const step = plot.data[0][plot.cursor.idx ?? -1];
    if (step !== undefined) callbacks.pick(step);
  };
  plot.over.addEventListener('mousedown', press);
  plot.over.addEventListener('click', release);
  const observer = new ResizeObserver(() => {
    if (host.clientWidth > 0 && host.clientHeight > 0)
      plot.setSize({ width: host.clientWidth, height: host.clientHeight });
  });
  observer.observe(host);
  show();

  return {
    update(next) {
      view = next;
      plot.setData(filled(next.data), false);
      show();
    },
    reset,
    destroy() {
      observer.disconnect();
      handle?.destroy();
      plot.destroy();
    },
  };
}

const FONT = '11px "Inter Variable", system-ui, sans-serif';
const STEPS = [1, 2, 5]
  .flatMap((digit) => [0, 1, 2, 3, 4, 5].map((power) => digit * 10 ** power))
  .sort((a, b) => a - b);

/** uPlot wants a point: before the first there is one without a value. */
function filled(data: Aligned): Aligned {
  return data[0].length > 0 ? data : [[0], [null], [null], [null]];
}

type Colors = ReturnType<typeof colors>;

function colors() {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    panel: read('--panel'),
    line: read('--line-soft'),
    faint: read('--ink-3'),
    past: read('--ink-2'),
    ink: read('--ink'),
    base: read('--base'),
    accent: read('--accent'),
    raw: read('--accent-mid'),
    held: read('--held'),
    bad: read('--bad'),
  };
}

/** Device pixels of one CSS pixel; uPlot's canvas is in the former. */
const ratio = () => uPlot.pxRatio;

function shadeRest(u: uPlot, view: PlotView, color: Colors): void {
  const { left, top, width, height } = u.bbox;
  const from = Math.max(left, u.valToPos(view.step, 'x', true));
  const to = Math.min(left + width, u.valToPos(view.steps, 'x', true));
  if (from >= to) return;
  u.ctx.save();
  u.ctx.globalAlpha = 0.45;
  u.ctx.fillStyle = color.line;
  u.ctx.fillRect(from, top, to - from, height);
  u.ctx.restore();
}

/** Past runs, each with its own dashes, at most one point for each pixel. */
function drawOverlays(u: uPlot, view: PlotView, color: Colors): void {
  const { ctx, bbox } = u;
  const px = ratio();
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { step, loss, dash, bold } of view.overlays) {
    ctx.strokeStyle = bold ? color.ink : color.past;
    ctx.lineWidth = (bold ? 3.2 : 1.6) * px;
    ctx.setLineDash(dash.map((length) => length * px));
    ctx.beginPath();
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < step.length; i++) {
      const x = u.valToPos(step[i], 'x', true);
      if (x - last < 1 && i < step.length - 1) continue;
      if (Number.isFinite(last)) ctx.lineTo(x, u.valToPos(loss[i], 'y', true));
      else ctx.moveTo(x, u.valToPos(loss[i], 'y', true));
      last = x;
    }
    ctx.stroke();
  }
  ctx.restore();
}

/** A dot and the figure where the curve is now. */
function drawNow(u: uPlot, view: PlotView, color: Colors): void {
  const at = view.data[2].findLastIndex((value) => value !== null);
  if (at < 0) return;
  const { ctx, bbox } = u;
  const x = u.valToPos(view.data[0][at], 'x', true);
  const y = u.valToPos(view.data[2][at] ?? 0, 'y', true);
  if (x < bbox.left || x > bbox.left + bbox.width + 1) return;
  const px = ratio();
  ctx.save();
  ctx.fillStyle = color.accent;
  ctx.beginPath();
  ctx.arc(x, y, 4 * px, 0, 2 * Math.PI);
  ctx.fill();
  if (view.label) {
    ctx.font = `600 ${12 * px}px "Inter Variable", system-ui, sans-serif`;
    const room = bbox.left + bbox.width - x > 48 * px;
    ctx.textAlign = room ? 'left' : 'right';
    ctx.textBaseline = 'alphabetic';
    ctx.fillText(view.label, x + (room ? 6 : -2) * px, y - 8 * px);
  }
  ctx.restore();
}

/** Events on the axis of steps: a tick where the run was saved, a star at the best, a triangle at a warning. */
function drawMarks(u: uPlot, view: PlotView, color: Colors): void {
  const { ctx, bbox } = u;
  const px = ratio();
  const middle = bbox.top + bbox.height + 8 * px;
  const place = (step: number) => {
    const x = u.valToPos(step, 'x', true);
    return x >= bbox.left - 1 && x <= bbox.left + bbox.width + 1 ? x : null;
  };
  ctx.save();
  for (const { step, kind } of view.marks) {
    const x = place(step);
    if (x === null) continue;
    ctx.fillStyle = kind === 'warning' ? color.bad : color.base;
    if (kind === 'checkpoint') ctx.fillRect(x - px, middle - 3 * px, 2 * px, 6 * px);
    else fillPolygon(ctx, [x, middle - 4 * px, x + 4.5 * px, middle + 4 * px, x - 4.5 * px, middle + 4 * px]);
  }
  const best = view.best === null ? null : place(view.best);
  if (best !== null) {
    const star = Array.from({ length: 10 }, (_, i) => {
      const radius = (i % 2 === 0 ? 7 : 3) * px;
      const angle = -Math.PI / 2 + (i * Math.PI) / 5;
      return [best + radius * Math.cos(angle), middle + radius * Math.sin(angle)];
    }).flat();
    ctx.fillStyle = color.held;
    fillPolygon(ctx, star);
  }
  ctx.restore();
}

function fillPolygon(ctx: CanvasRenderingContext2D, corners: number[]): void {
  ctx.beginPath();
  for (let i = 0; i < corners.length; i += 2) ctx.lineTo(corners[i], corners[i + 1]);
  ctx.closePath();
  ctx.fill();
}
