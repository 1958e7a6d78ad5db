// Gradients of a factor of each column: gradient += Σ_rows dy∘x / over, dx = scale / over ∘ dy. A thread goes down the
// rows of its columns; on a GPU in CHUNKS ranges of rows, whose sums sum_partials.wgsl adds in order.
// @include dims
// @include wide
const WIDTH: u32 = 144u;
const DY_STRIDE: u32 = 144u;
const DY_COLUMN: u32 = 0u;
const X_STRIDE: u32 = 144u;
const X_COLUMN: u32 = 0u;
const DX_STRIDE: u32 = 144u;
const DX_COLUMN: u32 = 0u;
const OVER: bool = false;
const INTO_DY: bool = false; // dx takes the place of dy
const INTO_X: bool = false; // or of x
const APART: bool = true; // or is a matrix of its own
const CHUNKS: u32 = 1u;
const THREADS: u32 = 64u;
const AT_DY: u32 = 1u;
const AT_X: u32 = 2u;
const AT_SCALE: u32 = 3u;
const AT_OUT: u32 = 4u;
const AT_OVER: u32 = 5u;
const AT_DX: u32 = 6u;
@group(0) @binding(AT_DY) var<storage, read> dy: array<Wide>; // @if !INTO_DY
@group(0) @binding(AT_DY) var<storage, read_write> dy: array<Wide>; // @if INTO_DY
@group(0) @binding(AT_X) var<storage, read> x: array<Wide>; // @if !INTO_X
@group(0) @binding(AT_X) var<storage, read_write> x: array<Wide>; // @if INTO_X
@group(0) @binding(AT_SCALE) var<storage, read> scale: array<Wide>;
@group(0) @binding(AT_OUT) var<storage, read_write> out: array<Wide>; // the gradient, or the sum of each range
@group(0) @binding(AT_OVER) var<storage, read> over: array<Wide>; // @if OVER
@group(0) @binding(AT_DX) var<storage, read_write> dx: array<Wide>; // @if APART

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = group.x * THREADS + thread;
  if (i >= WIDTH) { return; }
  let rows_in_chunk = (dims.rows + CHUNKS - 1u) / CHUNKS;
  let first_row = group.y * rows_in_chunk;
  let end_row = min(first_row + rows_in_chunk, dims.rows);
  let factor = scale[i] / over[i]; // @if OVER
  let factor = scale[i]; // @if !OVER
  var sum = Wide(0.0);
  for (var row = first_row; row < end_row; row++) {
    let at_dy = row * DY_STRIDE + DY_COLUMN + i;
    let at_x = row * X_STRIDE + X_COLUMN + i;
    let g = dy[at_dy];
    sum += g * x[at_x];
    dy[at_dy] = factor * g; // @if INTO_DY
    x[at_x] = factor * g; // @if INTO_X
    dx[row * DX_STRIDE + DX_COLUMN + i] = factor * g; // @if APART
  }
  sum /= over[i]; // @if OVER
  out[i] += sum; // @if CHUNKS == 1
  out[group.y * WIDTH + i] = sum; // @if CHUNKS != 1
}
