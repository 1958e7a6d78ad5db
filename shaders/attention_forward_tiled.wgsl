// Causal attention with online softmax through tiles in workgroup memory; the same as attention_forward_direct.wgsl.
// A workgroup has OWN queries of a head and takes OTHER keys at a time. Each thread keeps the maximum of its four
// queries, the part of the sum that its keys gave, and its columns of the output. lse[head, row] = log Σ exp(score).
// @include small_subgroups
// @include dims
// @include attention_mask
// @include attention_qkv element=vec4f
// @include attention_tile
const PRODUCTS: u32 = 1u;
const O_STRIDE: u32 = 144u;
const O_COLUMN: u32 = 0u;
@group(0) @binding(4) var<storage, read_write> o: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(0) @binding(6) var<storage, read> documents: array<i32>; // @if DOCUMENTS

fn own(which: u32, row: u32, head: u32, d: u32) -> vec4f { return q[row * Q_STRIDE + Q_COLUMN + head * HEAD + d]; }
fn theirs(which: u32, row: u32, head: u32, d: u32) -> vec4f { return k[row * K_STRIDE + K_COLUMN + head * HEAD + d]; }

@compute @subgroup_size(8) @workgroup_size(OTHER4, OWN4) // @if SUBGROUPS_OF_8
@compute @workgroup_size(OTHER4, OWN4) // @if !SUBGROUPS_OF_8
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  // @include attention_tile_start side=queries
  // @unroll q < 4
  let query$q = first + 4u * thread_y + ${q}u;
  var sum${q}_${v} = vec4f(); // @unroll v < VECTORS
  // @end
  var m = vec4f(MASKED);
  var l = vec4f();

  for (var other = first_key(first); other < key_end; other += OTHER) {
    // @include attention_tile_scores
    // @unroll c < 4
    // @include attention_tile_seen c=$c
    let score$c = select(vec4f(MASKED), SCALE * vec4f(s0[$c], s1[$c], s2[$c], s3[$c]), seen$c);
    // @end
    // The threads exchange maxima where the panels of the scores were staged.
    workgroupBarrier();
    stage[thread_y * OTHER4 + thread_x] = max(max(score0, score1), max(score2, score3));
    workgroupBarrier();
    var most = m;
    for (var i = 0u; i < OTHER4; i++) { most = max(most, stage[thread_y * OTHER4 + i]); }
    let keep = exp(m - most);
    m = most;
    l *= keep;
    // @unroll c < 4
    let p$c = select(vec4f(), exp(score$c - most), seen$c);
    l += p$c;
    weights[thread_x * WEIGHT_ROWS + ${c}u * OWN4 + thread_y] = p$c;
    // @end
    sum${q}_${v} *= keep[$q]; // @unroll q < 4, v < VECTORS
    // @block value
    stage[i] = v[row * V_STRIDE + V_COLUMN + other_head * HEAD + i % HEAD];
    // @end
    // @include attention_tile_weigh sum=sum end=key_end
  }

  workgroupBarrier();
  stage[thread_y * OTHER4 + thread_x] = l;
  workgroupBarrier();
  var all = vec4f();
  for (var i = 0u; i < OTHER4; i++) { all += stage[thread_y * OTHER4 + i]; }
  all = max(all, vec4f(1e-30));
  // @unroll q < 4
  if (query$q <= last) {
    let row = base + query$q;
    // @unroll v < VECTORS
    if (thread_x + ${v}u * OTHER4 < HEAD) {
      o[row * O_STRIDE + O_COLUMN + own_head * HEAD + thread_x + ${v}u * OTHER4] = sum${q}_${v} / all[$q];
    }
    // @end
    if (thread_x == 0u) { lse[own_head * dims.rows + row] = m[$q] + log(all[$q]); }
  }
  // @end
}
