// Global L2 norm of COUNT gradients in two passes of fixed order. PASS 1: partial sums of squares. PASS 2:
// result[1] = the norm, result[2] = 1 where it and the loss result[0] are finite, else 0.
// @include row_threads
// @include dims
// @include wide
const COUNT: u32 = 1024u;
const PARTS: u32 = 1024u;
const PASS: u32 = 1u;
@group(0) @binding(1) var<storage, read> gradients: array<Wide>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;
// @if PASS == 2
@group(0) @binding(3) var<storage, read_write> result: array<f32>;
fn finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }
@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
  let lane = lane_of(thread);
  var sum = 0.0;
  for (var i = lane; i < PARTS; i += LANES) { sum += parts[i]; }
  let all = reduce(lane, sum);
  if (thread == 0u) {
    let norm = sqrt(all);
    result[1] = norm;
    result[2] = select(0.0, 1.0, finite(norm) && finite(result[0]));
  }
}
// @else
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= PARTS) { return; }
  var sum = Wide(0.0);
  for (var i = id.x; i < COUNT; i += PARTS) {
    let g = gradients[i];
    sum += g * g;
  }
  parts[id.x] = total(sum);
}
// @end
