// RMS norm of each row, or of each of HEADS heads of a row: y = x · rstd · w (+ residual), rstd = 1 / √(mean(x²) + ε).
// @include row_threads
// @include dims
// @include wide
const WIDTH: u32 = 144u;
const HEADS: u32 = 1u;
const X_STRIDE: u32 = 144u;
const X_COLUMN: u32 = 0u;
const Y_STRIDE: u32 = 144u;
const Y_COLUMN: u32 = 0u;
// @if RESIDUAL
const R_STRIDE: u32 = 144u;
const R_COLUMN: u32 = 0u;
// @end
const EPS: f32 = 1e-5;
const ADD_ONE: bool = false;
@group(0) @binding(1) var<storage, read> x: array<Wide>;
@group(0) @binding(2) var<storage, read> weight: array<Wide>;
@group(0) @binding(3) var<storage, read_write> y: array<Wide>;
@group(0) @binding(4) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(5) var<storage, read> residual: array<Wide>; // @if RESIDUAL

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let item = item_of(group, groups, thread);
  if (item >= dims.rows * HEADS) { return; }
  let lane = lane_of(thread);
  let row = item / HEADS;
  let head = item % HEADS;
  let from_x = row * X_STRIDE + X_COLUMN + head * WIDTH;
  let from_y = row * Y_STRIDE + Y_COLUMN + head * WIDTH;
  let from_r = row * R_STRIDE + R_COLUMN + head * WIDTH; // @if RESIDUAL
  var squares = Wide(0.0);
  for (var i = lane; i < WIDTH; i += LANES) {
    let value = x[from_x + i];
    squares += value * value;
  }
  let scale = inverseSqrt(reduce(lane, total(squares)) / f32(WIDTH * WIDE) + EPS);
  for (var i = lane; i < WIDTH; i += LANES) {
    let w = weight[i] + Wide(1.0); // @if ADD_ONE
    let w = weight[i]; // @if !ADD_ONE
    y[from_y + i] = residual[from_r + i] + x[from_x + i] * scale * w; // @if RESIDUAL
    y[from_y + i] = x[from_x + i] * scale * w; // @if !RESIDUAL
  }
  if (lane == 0u) { rstd[item] = scale; }
}
