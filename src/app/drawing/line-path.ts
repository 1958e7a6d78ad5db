export interface PathFrame {
  width: number;
  height: number;
  /** Values at the left and right, and at the bottom and top edge. */
  x: [number, number];
  y: [number, number];
}

/**
 * SVG path of a series in a frame. A series longer than the frame is wide keeps the lowest and the highest value of
 * each column of pixels, so that no spike is lost and the path stays short. What is not a number is a gap.
 */
export function linePath(xs: readonly number[], ys: readonly number[], frame: PathFrame): string {
  const { width, height } = frame;
  const spanX = frame.x[1] - frame.x[0] || 1;
  const spanY = frame.y[1] - frame.y[0] || 1;
  let path = '';
  let pen = false;
  for (const i of xs.length > 2 * width ? extremes(xs, ys, frame) : xs.keys()) {
    if (!Number.isFinite(ys[i])) {
      pen = false;
      continue;
    }
    const x = ((xs[i] - frame.x[0]) / spanX) * width;
    const y = height - ((ys[i] - frame.y[0]) / spanY) * height;
    path += `${pen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = true;
  }
  return path;
}

/** Indices of the lowest and highest value in each column of pixels, in order. */
function extremes(xs: readonly number[], ys: readonly number[], frame: PathFrame): number[] {
  const span = frame.x[1] - frame.x[0] || 1;
  const kept: number[] = [];
  let column = Number.NaN;
  let low = -1;
  let high = -1;
  const flush = () => {
    if (low < 0) return;
    kept.push(Math.min(low, high));
    if (low !== high) kept.push(Math.max(low, high));
    low = -1;
    high = -1;
  };
  for (let i = 0; i < xs.length; i++) {
    const at = Math.floor(((xs[i] - frame.x[0]) / span) * frame.width);
    if (at !== column) flush();
    column = at;
    if (!Number.isFinite(ys[i])) continue;
    if (low < 0 || ys[i] < ys[low]) low = i;
    if (high < 0 || ys[i] > ys[high]) high = i;
  }
  flush();
  return kept;
}
