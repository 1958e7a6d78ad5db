// Input gradient of the RMS norm: with g = dy · w, dx = rstd · (g − x · rstd² · mean(g · x)). The weight is frozen.
// @include row_threads
// @include dims
// @include wide
const WIDTH: u32 = 144u;
const HEADS: u32 = 1u;
const DY_STRIDE: u32 = 144u;
const DY_COLUMN: u32 = 0u;
const X_STRIDE: u32 = 144u;
const X_COLUMN: u32 = 0u;
const DX_STRIDE: u32 = 144u;
const DX_COLUMN: u32 = 0u;
const ADD_ONE: bool = false;
const ACCUMULATE: bool = false;
@group(0) @binding(1) var<storage, read> dy: array<Wide>;
@group(0) @binding(2) var<storage, read> x: array<Wide>;
@group(0) @binding(3) var<storage, read> weight: array<Wide>;
@group(0) @binding(4) var<storage, read> rstd: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<Wide>;

fn weight_at(i: u32) -> Wide {
  return weight[i] + Wide(1.0); // @if ADD_ONE
  return weight[i]; // @if !ADD_ONE
}

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
  let from_dy = row * DY_STRIDE + DY_COLUMN + head * WIDTH;
  let from_x = row * X_STRIDE + X_COLUMN + head * WIDTH;
  let from_dx = row * DX_STRIDE + DX_COLUMN + head * WIDTH;
  var products = Wide(0.0);
  for (var i = lane; i < WIDTH; i += LANES) {
    products += dy[from_dy + i] * weight_at(i) * x[from_x + i];
  }
  let scale = rstd[item];
  let along = reduce(lane, total(products)) * scale * scale / f32(WIDTH * WIDE);
  for (var i = lane; i < WIDTH; i += LANES) {
    let value = scale * (dy[from_dy + i] * weight_at(i) - x[from_x + i] * along);
    dx[from_dx + i] += value; // @if ACCUMULATE
    dx[from_dx + i] = value; // @if !ACCUMULATE
  }
}
