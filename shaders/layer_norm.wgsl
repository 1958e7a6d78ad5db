// Layer norm of each row: y = (x − mean) · rstd · w + b, rstd = 1 / √(mean((x − mean)²) + ε).
// Saves (mean, rstd) by row. Two passes for the variance: x² − mean² would cancel.
// @include row_threads
// @include dims
// @include wide
const WIDTH: u32 = 192u;
const X_STRIDE: u32 = 192u;
const X_COLUMN: u32 = 0u;
const Y_STRIDE: u32 = 192u;
const Y_COLUMN: u32 = 0u;
const EPS: f32 = 1e-5;
@group(0) @binding(1) var<storage, read> x: array<Wide>;
@group(0) @binding(2) var<storage, read> weight: array<Wide>;
@group(0) @binding(3) var<storage, read> bias: array<Wide>;
@group(0) @binding(4) var<storage, read_write> y: array<Wide>;
@group(0) @binding(5) var<storage, read_write> stat: array<vec2f>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = item_of(group, groups, thread);
  if (row >= dims.rows) { return; }
  let lane = lane_of(thread);
  let from_x = row * X_STRIDE + X_COLUMN;
  let from_y = row * Y_STRIDE + Y_COLUMN;
  var sum = Wide(0.0);
  for (var i = lane; i < WIDTH; i += LANES) { sum += x[from_x + i]; }
  let mean = reduce(lane, total(sum)) / f32(WIDTH * WIDE);
  var squares = Wide(0.0);
  for (var i = lane; i < WIDTH; i += LANES) {
    let value = x[from_x + i] - Wide(mean);
    squares += value * value;
  }
  let scale = inverseSqrt(reduce(lane, total(squares)) / f32(WIDTH * WIDE) + EPS);
  for (var i = lane; i < WIDTH; i += LANES) {
    y[from_y + i] = (x[from_x + i] - Wide(mean)) * scale * weight[i] + bias[i];
  }
  if (lane == 0u) { stat[row] = vec2f(mean, scale); }
}
