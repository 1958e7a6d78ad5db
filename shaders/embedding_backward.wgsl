// Gradient of a trained table: gradient[i] += the sum of dout[row] over the rows with ids[row] = BEGIN + i.
// @include dims
// @include wide
const WIDTH: u32 = 144u;
const DOUT_STRIDE: u32 = 144u;
const DOUT_COLUMN: u32 = 0u;
const BEGIN: u32 = 49152u;
const COUNT: u32 = 20u;
const THREADS: u32 = 64u;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> dout: array<Wide>;
@group(0) @binding(3) var<storage, read_write> gradient: array<Wide>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let item = (group.y * groups.x + group.x) * THREADS + thread;
  let own = item / WIDTH;
  if (own >= COUNT) { return; }
  let i = item % WIDTH;
  var sum = Wide();
  for (var row = 0u; row < dims.rows; row++) {
    if (ids[row] == BEGIN + own) { sum += dout[row * DOUT_STRIDE + DOUT_COLUMN + i]; }
  }
  gradient[item] += sum;
}
