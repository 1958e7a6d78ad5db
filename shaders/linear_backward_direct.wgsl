// dX = SCALE·dY·W + Σ_p M_p ∘ (dS_p·A_p),   dY [rows, N], W [N, K], dS [rows, parts·RANK], A [parts·RANK, K]
// M_p is the dropout mask of part p: with dropout a part is summed apart, and masked before it is added. With
// ACCUMULATE the sum is added to what dX holds.
//
// Register tile without workgroup memory, as an outer product: a thread sums ROWS_TILE × 4·VECTORS outputs over the
// rows of W. The four threads of a quad share rows; see linear_forward_direct.wgsl for QUAD.
enable subgroups; // @if QUAD
// @include linear_backward
const QUAD: bool = false;
const ROWS_TILE: u32 = 8u;
const VECTORS: u32 = 1u;
const GROUPS: u32 = 1u; // quads of a workgroup, side by side

// dY[row, 4·n4 … 4·n4 + 3] of the row that starts at `base`, zero past its end.
fn dy4(base: u32, n4: u32, lane: u32) -> vec4f {
  // @if QUAD
  let own = dy[base + 4u * n4 + lane]; // @if DY_VEC
  let n = 4u * n4 + lane; // @if !DY_VEC
  let own = select(0.0, dy[base + min(n, N - 1u)], n < N); // @if !DY_VEC
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
  // @else
  return dy[base / 4u + n4]; // @if DY_VEC
  let n = vec4u(0u, 1u, 2u, 3u) + 4u * n4; // @if !DY_VEC
  let at = base + min(n, vec4u(N - 1u)); // @if !DY_VEC
  return select(vec4f(), vec4f(dy[at.x], dy[at.y], dy[at.z], dy[at.w]), n < vec4u(N)); // @if !DY_VEC
  // @end
}
// @include quad_load name=ds4 buffer=ds // @if LORA && QUAD

@compute @workgroup_size(4, GROUPS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let first_row = group.y * ROWS_TILE;
  let first_vector = ((group.x * GROUPS + local.y) * 4u + lane) * VECTORS;
  let last_row = dims.rows - 1u;

  // @unroll i < ROWS_TILE
  let row$i = min(first_row + ${i}u, last_row);
  let base$i = row$i * DY_STRIDE + DY_COLUMN;
  var sum${i}_${v} = vec4f(); // @unroll v < VECTORS
  // @end
  let vector$v = min(first_vector + ${v}u, K4 - 1u); // @unroll v < VECTORS

  for (var n4 = 0u; n4 < N4; n4++) {
    // @unroll q < 4
    let n$q = ROW0 + 4u * n4 + ${q}u; // @if DY_VEC
    let n$q = ROW0 + min(4u * n4 + ${q}u, N - 1u); // @if !DY_VEC
    // @if QUANT
    // A thread's columns lie in one block: it begins at a multiple of them.
    let scale$q = scale_of(n$q, vector0);
    let w${q}_${v} = weight4_by(scale$q, n$q, vector$v); // @unroll v < VECTORS
    // @else
    let w${q}_${v} = weight4(n$q, vector$v); // @unroll v < VECTORS
    // @end
    // @end
    // @unroll i < ROWS_TILE
    {
      let d = dy4(base$i, n4, lane);
      sum${i}_${v} += d.x * w0_${v} + d.y * w1_${v} + d.z * w2_${v} + d.w * w3_${v}; // @unroll v < VECTORS
    }
    // @end
  }
  sum${i}_${v} *= SCALE; // @unroll i < ROWS_TILE, v < VECTORS
  // @if LORA

  for (var part = 0u; part < PARTS; part++) {
    // @if DROPOUT
    let module_key = dropout_module_key(PART_MODULE[part]);
    var part_sum${i}_${v} = vec4f(); // @unroll i < ROWS_TILE, v < VECTORS
    // @end
    for (var r = 0u; r < RANK; r += 4u) {
      let a${q}_${v} = a4(part * RANK + r + ${q}u, vector$v); // @unroll q < 4, v < VECTORS
      // @unroll i < ROWS_TILE
      {
        let d = ds4(row$i * DS_STRIDE + DS_COLUMN + part * RANK + r, lane); // @if QUAD
        let d = ds[row$i * (DS_STRIDE / 4u) + (DS_COLUMN + part * RANK + r) / 4u]; // @if !QUAD
        // @unroll v < VECTORS
        part_sum${i}_${v} += d.x * a0_${v} + d.y * a1_${v} + d.z * a2_${v} + d.w * a3_${v}; // @if DROPOUT
        sum${i}_${v} += d.x * a0_${v} + d.y * a1_${v} + d.z * a2_${v} + d.w * a3_${v}; // @if !DROPOUT
        // @end
      }
      // @end
    }
    // @if DROPOUT
    // @unroll i < ROWS_TILE
    {
      let key = dropout_row_key(module_key, row$i);
      sum${i}_${v} += part_sum${i}_${v} * dropout_mask4(key, 4u * vector$v); // @unroll v < VECTORS
    }
    // @end
    // @end
  }
  // @end

  // @unroll v < VECTORS, c < 4
  if (4u * (first_vector + ${v}u) + ${c}u < K) {
    // @unroll i < ROWS_TILE
    if (first_row + ${i}u < dims.rows) {
      let at = row$i * DX_STRIDE + DX_COLUMN + 4u * (first_vector + ${v}u) + ${c}u;
      dx[at] += sum${i}_${v}[$c]; // @if ACCUMULATE
      dx[at] = sum${i}_${v}[$c]; // @if !ACCUMULATE
    }
    // @end
  }
  // @end
}
