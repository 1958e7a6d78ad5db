// dX = SCALE·dY·W + Σ_p M_p ∘ (dS_p·A_p),   dY [rows, N], W [N, K], dS [rows, parts·RANK], A [parts·RANK, K]
// M_p is the dropout mask of part p (1 without dropout). The sum starts with the adapter's part, or with what dX holds.
//
// Register tile without workgroup memory, as an outer product: a thread sums ROWS_TILE × 4·VECTORS outputs over the
// rows of W. The four threads of a quad share rows; see linear_forward_direct.wgsl for QUAD.
enable subgroups; // @if QUAD
// @include dims
// @include weight
// @include columns
// @if DROPOUT
// @include dropout
// @end
const DROPOUT: bool = false;
const QUAD: bool = false;
const ROWS_TILE: u32 = 8u;
const VECTORS: u32 = 1u;
const GROUPS: u32 = 1u;

const ROW0: u32 = 0u; // first row of W
const N: u32 = 64u; // rows of W used
const DY_STRIDE: u32 = 64u;
const DY_COLUMN: u32 = 0u; // column of dY that row ROW0 of W belongs to
const DY_VEC: bool = true; // DY_STRIDE, DY_COLUMN and N are multiples of 4
const DX_STRIDE: u32 = 64u;
const DX_COLUMN: u32 = 0u;
const SCALE: f32 = 1.0;
const ACCUMULATE: bool = false; // dX += …
const LORA: bool = false;
const RANK: u32 = 16u;
const DS_STRIDE: u32 = 16u;
const DS_COLUMN: u32 = 0u;

const AT_DY: u32 = 1u;
const AT_DX: u32 = 3u;
const AT_DS: u32 = 4u;
const AT_A: u32 = 5u;

@group(0) @binding(AT_DY) var<storage, read> dy: array<f32>; // @if QUAD
@group(0) @binding(AT_DY) var<storage, read> dy: array<vec4f>; // @if !QUAD && DY_VEC
@group(0) @binding(AT_DY) var<storage, read> dy: array<f32>; // @if !QUAD && !DY_VEC
@group(0) @binding(AT_DX) var<storage, read_write> dx: array<f32>;
// @if LORA
@group(0) @binding(AT_DS) var<storage, read> ds: array<f32>;
@group(0) @binding(AT_A) var<storage, read> a: array<vec4f>; // @if K_VEC
@group(0) @binding(AT_A) var<storage, read> a: array<f32>; // @if !K_VEC
// @end

const K4: u32 = (K + 3u) / 4u;
const N4: u32 = (N + 3u) / 4u;

// dY[row, 4·n4 … 4·n4 + 3] of the row that starts at `base`, zero behind its end.
fn dy4(base: u32, n4: u32, lane: u32) -> vec4f {
  // @if QUAD
  // @if DY_VEC
  let own = dy[base + 4u * n4 + lane];
  // @else
  let n = 4u * n4 + lane;
  let own = select(0.0, dy[base + min(n, N - 1u)], n < N);
  // @end
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
  // @else
  // @if DY_VEC
  return dy[base / 4u + n4];
  // @else
  let n = vec4u(0u, 1u, 2u, 3u) + 4u * n4;
  let at = base + min(n, vec4u(N - 1u));
  return select(vec4f(), vec4f(dy[at.x], dy[at.y], dy[at.z], dy[at.w]), n < vec4u(N));
  // @end
  // @end
}

// @if LORA
fn a4(row: u32, k4: u32) -> vec4f {
  // @if K_VEC
  return a[row * (K / 4u) + k4];
  // @else
  let at = row * K + min(vec4u(0u, 1u, 2u, 3u) + 4u * k4, vec4u(K - 1u));
  return vec4f(a[at.x], a[at.y], a[at.z], a[at.w]);
  // @end
}

fn ds4(at: u32, lane: u32) -> vec4f {
  // @if QUAD
  let own = ds[at + lane];
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
  // @else
  return vec4f(ds[at], ds[at + 1u], ds[at + 2u], ds[at + 3u]);
  // @end
}
// @end

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
        let d = ds4(row$i * DS_STRIDE + DS_COLUMN + part * RANK + r, lane);
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
