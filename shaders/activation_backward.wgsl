// Gradient of the feed-forward activation: dgate = dact · up · f'(gate), dup = dact · f(gate). IN_PLACE overwrites
// gate and up with their gradients; ACT also writes the activation itself, which the adapter on `down` needs.
// @include dims
// @include wide
// @include activation_functions
const WIDTH: u32 = 384u;
const GU_STRIDE: u32 = 768u;
const GU_COLUMN: u32 = 0u;
const DACT_STRIDE: u32 = 384u;
const DACT_COLUMN: u32 = 0u;
const DGU_STRIDE: u32 = 768u;
const DGU_COLUMN: u32 = 0u;
const ACT_STRIDE: u32 = 384u;
const ACT_COLUMN: u32 = 0u;
const GATED: bool = true;
const IN_PLACE: bool = true;
const ACT: bool = false;
const THREADS: u32 = 64u;
@group(0) @binding(1) var<storage, read> dact: array<Wide>;
@group(0) @binding(2) var<storage, read_write> dgu: array<Wide>;
// @if IN_PLACE
fn gu_at(i: u32) -> Wide { return dgu[i]; }
// @if ACT
//~ @group(0) @binding(3) var<storage, read_write> act: array<Wide>;
// @end
// @else
//~ @group(0) @binding(3) var<storage, read> gu: array<Wide>;
//~ fn gu_at(i: u32) -> Wide { return gu[i]; }
// @if ACT
//~ //~ @group(0) @binding(4) var<storage, read_write> act: array<Wide>;
// @end
// @end

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
  let to = row * DGU_STRIDE + DGU_COLUMN + i;
  let x = gu_at(at);
  let d = dact[row * DACT_STRIDE + DACT_COLUMN + i];
  let f = activate(x);
  // @if GATED
  let up = gu_at(at + WIDTH);
  dgu[to] = d * up * derivative(x);
  dgu[to + WIDTH] = d * f;
  // @else
  //~ dgu[to] = d * derivative(x);
  // @end
  // @if ACT
  // @if GATED
  //~ act[row * ACT_STRIDE + ACT_COLUMN + i] = f * up;
  // @else
  //~ //~ act[row * ACT_STRIDE + ACT_COLUMN + i] = f;
  // @end
  // @end
}
