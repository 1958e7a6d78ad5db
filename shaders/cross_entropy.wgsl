// Loss of each row, w · (lse(z) − z[target]), from an online maximum and sum; with GRADIENT the logits are overwritten by
// w · (softmax − onehot) · dims.scale. A weight of 1 changes no bit of either.
// @include row_threads
// @include dims
// @include wide
const VOCAB: u32 = 49152u;
const WIDTH: u32 = 12288u;
const STRIDE: u32 = 12288u;
const COLUMN: u32 = 0u;
const GRADIENT: bool = true;
@group(0) @binding(1) var<storage, read_write> logits: array<Wide>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = item_of(group, groups, thread);
  if (row >= dims.rows) { return; }
  let lane = lane_of(thread);
  let base = row * STRIDE + COLUMN;
  let target_id = min(targets[dims.offset + row], VOCAB - 1u);
  let weight = weights[dims.offset + row];
  var m = -1e30;
  var sum = 0.0;
  for (var i = lane; i < WIDTH; i += LANES) {
    let z = logits[base + i];
    let most = max(m, largest(z));
    sum = sum * exp(m - most) + total(exp(z - Wide(most)));
    m = most;
  }
  let top = reduce_max(lane, m);
  let lse = top + log(reduce(lane, sum * exp(m - top)));
  // The lane that reads the target's logit also writes the loss, before the gradient replaces it.
  if (target_id / WIDE % LANES == lane) {
    let z = logits[base + target_id / WIDE];
    losses[dims.offset + row] = weight * (lse - z[target_id % 4u]); // @if WIDE == 4
    losses[dims.offset + row] = weight * (lse - z); // @if WIDE != 4
  }
  // @if GRADIENT
  let scale = weight * dims.scale;
  for (var i = lane; i < WIDTH; i += LANES) {
    var g = exp(logits[base + i] - Wide(lse));
    g -= select(vec4f(0.0), vec4f(1.0), vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) == vec4u(target_id)); // @if WIDE == 4
    g -= select(0.0, 1.0, i == target_id); // @if WIDE != 4
    logits[base + i] = g * scale;
  }
  // @end
}
