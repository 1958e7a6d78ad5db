// A factor of each column: out = f∘x (+ bias) (+ residual), f = 1 + strength · (scale / over − 1).
// @include dims
// @include wide
const WIDTH: u32 = 144u;
const X_STRIDE: u32 = 144u;
const X_COLUMN: u32 = 0u;
const OUT_STRIDE: u32 = 144u;
const OUT_COLUMN: u32 = 0u;
const RESIDUAL_STRIDE: u32 = 144u;
const RESIDUAL_COLUMN: u32 = 0u;
const OVER: bool = false;
const BIAS: bool = false;
const RESIDUAL: bool = false; // a matrix of its own
const RESIDUAL_IN_PLACE: bool = false; // the residual is what OUT already holds
const THREADS: u32 = 64u;
const AT_X: u32 = 1u;
const AT_SCALE: u32 = 2u;
const AT_OUT: u32 = 3u;
const AT_OVER: u32 = 4u;
const AT_BIAS: u32 = 5u;
const AT_RESIDUAL: u32 = 6u;
@group(0) @binding(AT_X) var<storage, read> x: array<Wide>;
@group(0) @binding(AT_SCALE) var<storage, read> scale: array<Wide>;
@group(0) @binding(AT_OUT) var<storage, read_write> out: array<Wide>;
@group(0) @binding(AT_OVER) var<storage, read> over: array<Wide>; // @if OVER
@group(0) @binding(AT_BIAS) var<storage, read> bias: array<Wide>; // @if BIAS
@group(0) @binding(AT_RESIDUAL) var<storage, read> residual: array<Wide>; // @if RESIDUAL

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
  let at = row * OUT_STRIDE + OUT_COLUMN + i;
  let factor = scale[i] / over[i]; // @if OVER
  let factor = scale[i]; // @if !OVER
  var value = mix(Wide(1.0), factor, Wide(dims.strength)) * x[row * X_STRIDE + X_COLUMN + i];
  value += bias[i]; // @if BIAS
  value += residual[row * RESIDUAL_STRIDE + RESIDUAL_COLUMN + i]; // @if RESIDUAL
  value += out[at]; // @if RESIDUAL_IN_PLACE
  out[at] = value;
}
