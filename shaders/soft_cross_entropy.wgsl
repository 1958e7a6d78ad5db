// Loss of each row against the teacher's TOP likeliest tokens and one probability for all others, and against its label:
// w_i · ((1 − WEIGHT) · CE + WEIGHT · KL), with both parts beside it. With GRADIENT the logits are overwritten by the
// gradient. See src/ops/reference/soft-targets.ts.
//
// The logits of the likeliest tokens are taken out first, so that the sum over what is left is that of the rest itself:
// 1 − Σ p_k would lose all digits where they hold nearly everything.
// @include row_threads
// @include dims
const VOCAB: u32 = 49152u;
const STRIDE: u32 = 49152u;
const COLUMN: u32 = 0u;
const TOP: u32 = 64u;
const ALL: bool = false; // there is no rest
const WEIGHT: f32 = 0.5;
const LOSSES: u32 = 1024u;
const GRADIENT: bool = true;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(5) var<storage, read> ids: array<u32>;
@group(0) @binding(6) var<storage, read> probabilities: array<f32>;
@group(0) @binding(7) var<storage, read_write> kept: array<f32>;

// In place of a logit: e to its power is 0 beside any other.
const NONE: f32 = -3e38;

fn id_of(row: u32, k: u32) -> u32 { return min(ids[(dims.offset + row) * TOP + k], VOCAB - 1u); }

fn probability(row: u32, k: u32) -> f32 { return probabilities[(dims.offset + row) * (TOP + 1u) + k]; }

// t · (log t − log p), 0 where t is 0.
fn term(t: f32, log_p: f32) -> f32 {
  if (t <= 0.0) { return 0.0; }
  return t * (log(t) - log_p);
}

// What lanes have written to the row is there for the others.
fn meet() {
  storageBarrier(); // @if !SERIAL
}

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
  let place = dims.offset + row;
  let target_id = min(targets[place], VOCAB - 1u);
  let weight = weights[place];
  let label = logits[base + target_id];
  meet();

  var m = NONE;
  var sum = 0.0;
  for (var k = lane; k < TOP; k += LANES) {
    let at = base + id_of(row, k);
    let z = logits[at];
    kept[row * TOP + k] = z;
    logits[at] = NONE;
    let most = max(m, z);
    sum = sum * exp(m - most) + exp(z - most);
    m = most;
  }
  meet();
  let top_most = reduce_max(lane, m);
  let top_sum = reduce(lane, sum * exp(m - top_most));
  // @if ALL
  let lse = top_most + log(top_sum);
  let lse_rest = 0.0;
  // @else
  m = NONE;
  sum = 0.0;
  for (var i = lane; i < VOCAB; i += LANES) {
    let z = logits[base + i];
    let most = max(m, z);
    sum = sum * exp(m - most) + exp(z - most);
    m = most;
  }
  let rest_most = reduce_max(lane, m);
  let rest_sum = reduce(lane, sum * exp(m - rest_most));
  let most = max(top_most, rest_most);
  let lse = most + log(top_sum * exp(top_most - most) + rest_sum * exp(rest_most - most));
  let lse_rest = rest_most + log(rest_sum);
  // @end
  let rest = probability(row, TOP);

  var divergence = 0.0;
  for (var k = lane; k < TOP; k += LANES) {
    divergence += term(probability(row, k), kept[row * TOP + k] - lse);
  }
  divergence = reduce(lane, divergence);
  divergence += term(rest, lse_rest - lse); // @if !ALL
  if (lane == 0u) {
    let cross_entropy = lse - label;
    losses[place] = weight * ((1.0 - WEIGHT) * cross_entropy + WEIGHT * divergence);
    losses[LOSSES + place] = weight * cross_entropy;
    losses[2u * LOSSES + place] = weight * divergence;
  }
  // @if GRADIENT
  let scale = weight * dims.scale;
  // @if !ALL
  for (var i = lane; i < VOCAB; i += LANES) {
    let z = logits[base + i];
    var g = exp(z - lse) - WEIGHT * rest * exp(z - lse_rest);
    g -= select(0.0, 1.0 - WEIGHT, i == target_id);
    logits[base + i] = g * scale;
  }
  // @end
  meet();
  for (var k = lane; k < TOP; k += LANES) {
    let id = id_of(row, k);
    var g = exp(kept[row * TOP + k] - lse) - WEIGHT * probability(row, k);
    g -= select(0.0, 1.0 - WEIGHT, id == target_id);
    logits[base + id] = g * scale;
  }
  // @end
}
