// Feed-forward activation: act = f(gate) · up for [gate | up] rows (GATED), else f(x).
// @include dims
// @include wide
// @include activation_functions
const WIDTH: u32 = 384u;
const GU_STRIDE: u32 = 768u;
const GU_COLUMN: u32 = 0u;
const ACT_STRIDE: u32 = 384u;
const ACT_COLUMN: u32 = 0u;
const GATED: bool = true;
const THREADS: u32 = 64u;
@group(0) @binding(1) var<storage, read> gu: array<Wide>;
@group(0) @binding(2) var<storage, read_write> act: array<Wide>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let item = (group.y * groups.x + group.x) * THREADS + thread;
  let row = item / WIDTH;
  if (row >= dims.rows) { return; }
  let i = item % WIDTH;
  let at = row * GU_STRIDE + GU_COLUMN + i;
  var value = activate(gu[at]);
  value *= gu[at + WIDTH]; // @if GATED
  act[row * ACT_STRIDE + ACT_COLUMN + i] = value;
}
