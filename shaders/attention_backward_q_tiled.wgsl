// dQ of causal attention through tiles in workgroup memory; the same as attention_backward_q_direct.wgsl: with
// P = exp(scale · QKᵀ − lse) and dS = P ∘ (dO · Vᵀ − D), dQ = scale · dS · K. A workgroup has OWN queries of a head.
// @include small_subgroups
// @include dims
// @include attention_mask
// @include attention_gradient element=vec4f
// @include attention_tile
const PRODUCTS: u32 = 2u;
const DQ_STRIDE: u32 = 240u;
const DQ_COLUMN: u32 = 0u;
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
  let stat$q = stat[own_head * dims.rows + base + min(query$q, last)];
  var sum${q}_${v} = vec4f(); // @unroll v < VECTORS
  // @end
  let log_sums = vec4f(stat0.x, stat1.x, stat2.x, stat3.x);
  let delta = vec4f(stat0.y, stat1.y, stat2.y, stat3.y);

  for (var other = first_key(first); other < key_end; other += OTHER) {
    // @include attention_tile_scores
    // @unroll c < 4
    // @include attention_tile_seen c=$c
    let p$c = exp(min(SCALE * vec4f(s0[$c], s1[$c], s2[$c], s3[$c]) - log_sums, vec4f(80.0)));
    let ds$c = p$c * (vec4f(t0[$c], t1[$c], t2[$c], t3[$c]) - delta) * SCALE;
    weights[thread_x * WEIGHT_ROWS + ${c}u * OWN4 + thread_y] = select(vec4f(), ds$c, seen$c);
    // @end
    // @block value
    stage[i] = k[row * K_STRIDE + K_COLUMN + other_head * HEAD + i % HEAD];
    // @end
    // @include attention_tile_weigh sum=sum end=key_end
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
