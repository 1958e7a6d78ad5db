// dQ of causal attention through tiles in workgroup memory; the same as attention_backward_q_direct.wgsl: with
// P = exp(scale · QKᵀ − lse) and dS = P ∘ (dO · Vᵀ − D), dQ = scale · dS · K. A workgroup has OWN queries of a head.
// @include dims
// @include attention_mask
// @include attention_tile
const PRODUCTS: u32 = 2u;
const GROUP: u32 = 3u;
const SCALE: f32 = 0.125;
const Q_STRIDE: u32 = 240u;
const Q_COLUMN: u32 = 0u;
const K_STRIDE: u32 = 240u;
const K_COLUMN: u32 = 144u;
const V_STRIDE: u32 = 240u;
const V_COLUMN: u32 = 192u;
const DO_STRIDE: u32 = 144u;
const DO_COLUMN: u32 = 0u;
const DQ_STRIDE: u32 = 240u;
const DQ_COLUMN: u32 = 0u;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> d_o: array<vec4f>;
@group(0) @binding(5) var<storage, read> stat: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4f>;
@group(0) @binding(7) var<storage, read> documents: array<i32>; // @if DOCUMENTS

fn own(which: u32, row: u32, head: u32, d: u32) -> vec4f {
  if (which == 0u) { return q[row * Q_STRIDE + Q_COLUMN + head * HEAD + d]; }
  return d_o[row * DO_STRIDE + DO_COLUMN + head * HEAD + d];
}
fn theirs(which: u32, row: u32, head: u32, d: u32) -> vec4f {
  if (which == 0u) { return k[row * K_STRIDE + K_COLUMN + head * HEAD + d]; }
  return v[row * V_STRIDE + V_COLUMN + head * HEAD + d];
}

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
  let stat$q = stat[own_head * dims.rows + base + min(query$q, last)];
  var sum${q}_${v} = vec4f(); // @unroll v < VECTORS
  // @end
  let log_sums = vec4f(stat0.x, stat1.x, stat2.x, stat3.x);
  let delta = vec4f(stat0.y, stat1.y, stat2.y, stat3.y);

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
    let p$c = exp(min(SCALE * vec4f(s0[$c], s1[$c], s2[$c], s3[$c]) - log_sums, vec4f(80.0)));
    let ds$c = p$c * (vec4f(t0[$c], t1[$c], t2[$c], t3[$c]) - delta) * SCALE;
    weights[thread_x * WEIGHT_ROWS + ${c}u * OWN4 + thread_y] = select(vec4f(), ds$c, seen$c);
    // @end
    for (var piece = 0u; piece < OTHER / ROWS_STAGED; piece++) {
      if (other + piece * ROWS_STAGED >= key_end) { break; }
      workgroupBarrier();
      for (var n = 0u; n < ROW_LOADS; n++) {
        let i = n * THREADS + thread;
        if (i < ROWS_STAGED * HEAD) {
          let row = base + min(other + piece * ROWS_STAGED + i / HEAD, last);
          stage[i] = k[row * K_STRIDE + K_COLUMN + other_head * HEAD + i % HEAD];
        }
      }
      workgroupBarrier();
      for (var j4 = 0u; j4 < ROWS_STAGED / 4u; j4++) {
        let weight_row = (piece * (ROWS_STAGED / 4u) + j4) * WEIGHT_ROWS + thread_y;
        // @unroll e < 4
        {
          let ds = weights[weight_row + ${e}u * OWN4];
          // @unroll v < VECTORS
          let key_value$v = stage[(4u * j4 + ${e}u) * HEAD + min(thread_x + ${v}u * OTHER4, HEAD - 1u)];
          sum${q}_${v} += ds[$q] * key_value$v; // @unroll q < 4
          // @end
        }
        // @end
      }
    }
  }

  // @unroll q < 4
  if (query$q <= last) {
    // @unroll v < VECTORS
    if (thread_x + ${v}u * OTHER4 < HEAD) {
      dq[(base + query$q) * DQ_STRIDE + DQ_COLUMN + own_head * HEAD + thread_x + ${v}u * OTHER4] = sum${q}_${v};
    }
    // @end
  }
  // @end
}
