// Causal attention with online softmax through tiles in workgroup memory; the same as attention_forward_direct.wgsl.
// A workgroup has OWN queries of a head and takes OTHER keys at a time. Each thread keeps the maximum of its four
// queries, the part of the sum that its keys gave, and its columns of the output. lse[head, row] = log Σ exp(score).
// @include dims
// @include attention_mask
// @include attention_tile
const PRODUCTS: u32 = 1u;
const GROUP: u32 = 3u;
const SCALE: f32 = 0.125;
const Q_STRIDE: u32 = 240u;
const Q_COLUMN: u32 = 0u;
const K_STRIDE: u32 = 240u;
const K_COLUMN: u32 = 144u;
const V_STRIDE: u32 = 240u;
const V_COLUMN: u32 = 192u;
const O_STRIDE: u32 = 144u;
const O_COLUMN: u32 = 0u;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> o: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(0) @binding(6) var<storage, read> documents: array<i32>; // @if DOCUMENTS

fn own(which: u32, row: u32, head: u32, d: u32) -> vec4f { return q[row * Q_STRIDE + Q_COLUMN + head * HEAD + d]; }
fn theirs(which: u32, row: u32, head: u32, d: u32) -> vec4f { return k[row * K_STRIDE + K_COLUMN + head * HEAD + d]; }

@compute @workgroup_size(OTHER4, OWN4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let thread_x = local.x;
  let thread_y = local.y;
  let blocks = (dims.length + OWN - 1u) / OWN;
  if (group.x >= blocks * dims.batch) { return; }
  let own_head = group.y;
  let other_head = own_head / GROUP;
  let base = group.x / blocks * dims.length;
  let first = group.x % blocks * OWN;
  let last = dims.length - 1u;
  let key_end = min(first + OWN, dims.length);
  // @unroll q < 4
  let query$q = first + 4u * thread_y + ${q}u;
  var sum${q}_${v} = vec4f(); // @unroll v < VECTORS
  // @end
  var m = vec4f(MASKED);
  var l = vec4f();

  for (var other = first_key(first); other < key_end; other += OTHER) {
    // @include attention_tile_scores
    // @unroll c < 4
    let key$c = other + 4u * thread_x + ${c}u;
    var seen$c = vec4<bool>(in_reach(query0, key$c), in_reach(query1, key$c), in_reach(query2, key$c), in_reach(query3, key$c)) & vec4<bool>(key$c < key_end);
    // @if DOCUMENTS
    let document$c = documents[base + min(key$c, last)];
    let same${c}_${q} = documents[base + min(query$q, last)] == document$c; // @unroll q < 4
    seen$c = seen$c & vec4<bool>(same${c}_0, same${c}_1, same${c}_2, same${c}_3);
    // @end
    let score$c = select(vec4f(MASKED), SCALE * vec4f(s0[$c], s1[$c], s2[$c], s3[$c]), seen$c);
    // @end
    // What threads have for each other stands where the scores' panels did.
    workgroupBarrier();
    stage[thread_x * OWN4 + thread_y] = max(max(score0, score1), max(score2, score3));
    workgroupBarrier();
    var most = m;
    for (var i = 0u; i < OTHER4; i++) { most = max(most, stage[i * OWN4 + thread_y]); }
    let keep = exp(m - most);
    m = most;
    l *= keep;
    // @unroll c < 4
    let p$c = select(vec4f(), exp(score$c - most), seen$c);
    l += p$c;
    weights[thread_x * WEIGHT_ROWS + ${c}u * OWN4 + thread_y] = p$c;
    // @end
    sum${q}_${v} *= keep[$q]; // @unroll q < 4, v < VECTORS
    for (var piece = 0u; piece < OTHER / ROWS_STAGED; piece++) {
      if (other + piece * ROWS_STAGED >= key_end) { break; }
      workgroupBarrier();
      for (var n = 0u; n < ROW_LOADS; n++) {
        let i = n * THREADS + thread;
        if (i < ROWS_STAGED * HEAD) {
          let row = base + min(other + piece * ROWS_STAGED + i / HEAD, last);
          stage[i] = v[row * V_STRIDE + V_COLUMN + other_head * HEAD + i % HEAD];
        }
      }
      workgroupBarrier();
      for (var j4 = 0u; j4 < ROWS_STAGED / 4u; j4++) {
        let weight_row = (piece * (ROWS_STAGED / 4u) + j4) * WEIGHT_ROWS + thread_y;
        // @unroll e < 4
        {
          let p = weights[weight_row + ${e}u * OWN4];
          // @unroll v < VECTORS
          let value$v = stage[(4u * j4 + ${e}u) * HEAD + min(thread_x + ${v}u * OTHER4, HEAD - 1u)];
          sum${q}_${v} += p[$q] * value$v; // @unroll q < 4
          // @end
        }
        // @end
      }
    }
  }

  workgroupBarrier();
  stage[thread_x * OWN4 + thread_y] = l;
  workgroupBarrier();
  var all = vec4f();
  for (var i = 0u; i < OTHER4; i++) { all += stage[i * OWN4 + thread_y]; }
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
