// Gradient of the feed-forward activation, written over its input: dgate = dact · up · f'(gate), dup = dact · f(gate).
// @include dims
// @include wide
// @include activation_functions
const WIDTH: u32 = 384u;
const GU_STRIDE: u32 = 768u;
const GU_COLUMN: u32 = 0u;
const DACT_STRIDE: u32 = 384u;
const DACT_COLUMN: u32 = 0u;
const GATED: bool = true;
const THREADS: u32 = 64u;
@group(0) @binding(1) var<storage, read> dact: array<Wide>;
@group(0) @binding(2) var<storage, read_write> gu: array<Wide>;

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
  let x = gu[at];
  let d = dact[row * DACT_STRIDE + DACT_COLUMN + i];
  // @if GATED
  let up = gu[at + WIDTH];
  gu[at] = d * up * derivative(x);
  gu[at + WIDTH] = d * activate(x);
  // @else
  gu[at] = d * derivative(x);
  // @end
}
