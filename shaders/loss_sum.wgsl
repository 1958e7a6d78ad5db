// result[INTO] += Σ losses[0 … dims.rows), in a fixed order by one workgroup.
// @include row_threads
// @include dims
const INTO: u32 = 0u;
@group(0) @binding(1) var<storage, read> losses: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
  let lane = lane_of(thread);
  var sum = 0.0;
  for (var i = lane; i < dims.rows; i += LANES) { sum += losses[i]; }
  let all = reduce(lane, sum);
  if (thread == 0u) { result[INTO] += all; }
}
