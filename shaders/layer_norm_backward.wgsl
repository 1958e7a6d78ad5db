// Input gradient of the layer norm: with g = dy · w and x̂ = (x − mean) · rstd,
// dx = rstd · (g − mean(g) − x̂ · mean(g · x̂)). Weight and bias are frozen.
// @include row_threads
// @include dims
// @include wide
const WIDTH: u32 = 192u;
const DY_STRIDE: u32 = 192u;
const DY_COLUMN: u32 = 0u;
const X_STRIDE: u32 = 192u;
const X_COLUMN: u32 = 0u;
const DX_STRIDE: u32 = 192u;
const DX_COLUMN: u32 = 0u;
const ACCUMULATE: bool = false;
@group(0) @binding(1) var<storage, read> dy: array<Wide>;
@group(0) @binding(2) var<storage, read> x: array<Wide>;
@group(0) @binding(3) var<storage, read> weight: array<Wide>;
@group(0) @binding(4) var<storage, read> stat: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> dx: array<Wide>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = item_of(group, groups, thread);
  if (row >= dims.rows) { return; }
  let lane = lane_of(thread);
  let from_dy = row * DY_STRIDE + DY_COLUMN;
  let from_x = row * X_STRIDE + X_COLUMN;
  let from_dx = row * DX_STRIDE + DX_COLUMN;
  let mean = stat[row].x;
  let scale = stat[row].y;
  var sum = Wide(0.0);
  var products = Wide(0.0);
  for (var i = lane; i < WIDTH; i += LANES) {
    let g = dy[from_dy + i] * weight[i];
    sum += g;
    products += g * (x[from_x + i] - Wide(mean)) * scale;
  }
  let mean_g = reduce(lane, total(sum)) / f32(WIDTH * WIDE);
  let along = reduce(lane, total(products)) / f32(WIDTH * WIDE);
  for (var i = lane; i < WIDTH; i += LANES) {
    let normed = (x[from_x + i] - Wide(mean)) * scale;
    let value = scale * (dy[from_dy + i] * weight[i] - Wide(mean_g) - normed * along);
    dx[from_dx + i] += value; // @if ACCUMULATE
    dx[from_dx + i] = value; // @if !ACCUMULATE
  }
}
