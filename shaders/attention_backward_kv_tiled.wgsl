// dK and dV of causal attention through tiles in workgroup memory; the same as attention_backward_kv_direct.wgsl:
// dV = PᵀdO, dK = scale · dSᵀQ, summed over the query heads of the group in a fixed order. A workgroup has OWN keys of a
// KV head and takes OTHER queries at a time. SHARED: dk and dv are columns of one buffer.
// @include small_subgroups
// @include dims
// @include attention_mask
// @include attention_gradient element=vec4f
// @include attention_tile
const PRODUCTS: u32 = 2u;
const DK_STRIDE: u32 = 240u;
const DK_COLUMN: u32 = 144u;
const DV_STRIDE: u32 = 240u;
const DV_COLUMN: u32 = 192u;
const SHARED: bool = true;
@group(0) @binding(6) var<storage, read_write> dk: array<vec4f>;
// @if SHARED
fn set_dv(i: u32, value: vec4f) { dk[i] = value; }
@group(0) @binding(7) var<storage, read> documents: array<i32>; // @if DOCUMENTS
// @else
@group(0) @binding(7) var<storage, read_write> dv: array<vec4f>;
fn set_dv(i: u32, value: vec4f) { dv[i] = value; }
@group(0) @binding(8) var<storage, read> documents: array<i32>; // @if DOCUMENTS
// @end

fn own(which: u32, row: u32, head: u32, d: u32) -> vec4f {
  if (which == 0u) { return k[row * K_STRIDE + K_COLUMN + head * HEAD + d]; }
  return v[row * V_STRIDE + V_COLUMN + head * HEAD + d];
}
fn theirs(which: u32, row: u32, head: u32, d: u32) -> vec4f {
  if (which == 0u) { return q[row * Q_STRIDE + Q_COLUMN + head * HEAD + d]; }
  return d_o[row * DO_STRIDE + DO_COLUMN + head * HEAD + d];
}

@compute @subgroup_size(8) @workgroup_size(OTHER4, OWN4) // @if SUBGROUPS_OF_8
@compute @workgroup_size(OTHER4, OWN4) // @if !SUBGROUPS_OF_8
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  // @include attention_tile_start side=keys
  // @unroll q < 4
  let key$q = first + 4u * thread_y + ${q}u;
  // @unroll v < VECTORS
  var sum0_${q}_${v} = vec4f();
  var sum1_${q}_${v} = vec4f();
  // @end
  // @end
  // Queries beyond the window see none of these keys.
  var query_end = dims.length;
  if (WINDOW > 0u) { query_end = min(query_end, min(first + OWN - 1u, last) + WINDOW); }

  for (var other_head = own_head * GROUP; other_head < (own_head + 1u) * GROUP; other_head++) {
    for (var other = first; other < query_end; other += OTHER) {
      // @include attention_tile_scores
      // @unroll c < 4
      let query$c = other + 4u * thread_x + ${c}u;
      let at$c = base + min(query$c, last);
      let stat$c = stat[other_head * dims.rows + at$c];
      var seen$c = vec4<bool>(in_reach(query$c, key0), in_reach(query$c, key1), in_reach(query$c, key2), in_reach(query$c, key3)) & vec4<bool>(query$c < query_end);
      // @if DOCUMENTS
      let same${c}_${q} = documents[base + min(key$q, last)] == documents[at$c]; // @unroll q < 4
      seen$c = seen$c & vec4<bool>(same${c}_0, same${c}_1, same${c}_2, same${c}_3);
      // @end
      let weight0_$c = select(vec4f(), exp(min(SCALE * vec4f(s0[$c], s1[$c], s2[$c], s3[$c]) - stat$c.x, vec4f(80.0))), seen$c);
      let weight1_$c = weight0_$c * (vec4f(t0[$c], t1[$c], t2[$c], t3[$c]) - stat$c.y) * SCALE;
      // @end
      // First P with dO, then dS with Q.
      // @unroll w < 2
      workgroupBarrier();
      weights[thread_x * WEIGHT_ROWS + ${c}u * OWN4 + thread_y] = weight${w}_$c; // @unroll c < 4
      // @block value
      stage[i] = theirs(1u - ${w}u, row, other_head, i % HEAD);
      // @end
      // @include attention_tile_weigh sum=sum${w}_ end=query_end
      // @end
    }
  }

  // @unroll q < 4
  if (key$q <= last) {
    let row = base + key$q;
    // @unroll v < VECTORS
    if (thread_x + ${v}u * OTHER4 < HEAD) {
      let column = own_head * HEAD + thread_x + ${v}u * OTHER4;
      dk[row * DK_STRIDE + DK_COLUMN + column] = sum1_${q}_${v};
      set_dv(row * DV_STRIDE + DV_COLUMN + column, sum0_${q}_${v});
    }
    // @end
  }
  // @end
}
