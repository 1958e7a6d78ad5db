// dX = SCALE·dY·W + Σ_p M_p ∘ (dS_p·A_p),   dY [rows, N], W [N, K], dS [rows, parts·RANK], A [parts·RANK, K]
// M_p is the dropout mask of part p (1 without dropout). The same as linear_backward_direct.wgsl through tiles in
// workgroup memory: panels of DEPTH steps over the rows of W, then over those of A. With dropout each part has panels of
// its own, whose products are masked before they are added (linear_backward_masked.wgsl); without, the parts are one sum.
// @include small_subgroups
enable f16; // @if HALF
enable chromium_experimental_subgroup_matrix; // @if MATRIX
// @include linear_backward
// @include tile
const DX_VEC: bool = false; // dX is vec4s: K, DX_STRIDE and DX_COLUMN are multiples of 4
const LEFT_LOADS: u32 = 1u; // blocks of 4 × 4 that a thread stages: ROWS4 · DEPTH4 / THREADS, rounded up
const RIGHT_LOADS: u32 = 4u; // vec4s: COLUMNS4 · DEPTH / THREADS, rounded up

const W_PANELS: u32 = (N + DEPTH - 1u) / DEPTH;
// Rows of A that are summed together.
const INNER: u32 = RANK; // @if DROPOUT
const INNER: u32 = PARTS * RANK; // @if !DROPOUT
const INNER_PANELS: u32 = (INNER + DEPTH - 1u) / DEPTH;

// dY[row, n … n + 3]; values past the end of the row meet zeros of W.
fn dy4(row: u32, n: u32) -> vec4f {
  return dy[row * (DY_STRIDE / 4u) + DY_COLUMN / 4u + min(n / 4u, N / 4u - 1u)]; // @if DY_VEC
  let at = row * DY_STRIDE + DY_COLUMN + min(vec4u(0u, 1u, 2u, 3u) + n, vec4u(N - 1u)); // @if !DY_VEC
  return vec4f(dy[at.x], dy[at.y], dy[at.z], dy[at.w]); // @if !DY_VEC
}

// @if LORA
fn ds4(row: u32, r: u32) -> vec4f {
  return ds[row * (DS_STRIDE / 4u) + DS_COLUMN / 4u + r / 4u];
}
// @end

// @if DROPOUT
// The staged step d of four rows and of four columns.
// @if MATRIX
fn left4(d: u32, m4: u32) -> vec4f {
  let at = d * TILE_ROWS + 4u * m4;
  return vec4f(left[at], left[at + 1u], left[at + 2u], left[at + 3u]);
}
fn right4(d: u32, n4: u32) -> vec4f {
  let at = d * TILE_COLUMNS + 4u * n4;
  return vec4f(right[at], right[at + 1u], right[at + 2u], right[at + 3u]);
}
// @else
fn left4(d: u32, m4: u32) -> vec4f { return left[left_at(d, m4)]; }
fn right4(d: u32, n4: u32) -> vec4f { return right[right_at(d, n4)]; }
// @end
// @end

@compute @subgroup_size(8) @workgroup_size(THREADS) // @if SUBGROUPS_OF_8
@compute @workgroup_size(THREADS) // @if !SUBGROUPS_OF_8
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  // @include tile_start left=along right=across
  let first_row = group.y * TILE_ROWS;
  let first_vector = group.x * COLUMNS4;
  let last_row = dims.rows - 1u;
  let row${u}_${q} = min(first_row + 4u * left_four$u + ${q}u, last_row); // @unroll u < LEFT_LOADS, q < 4
  let vector$u = min(first_vector + right_four$u, K4 - 1u); // @unroll u < RIGHT_LOADS
  const panels = W_PANELS + PARTS * INNER_PANELS; // @if LORA && DROPOUT
  const panels = W_PANELS + INNER_PANELS; // @if LORA && !DROPOUT
  const panels = W_PANELS; // @if !LORA

  // @block fetch
  if (panel < W_PANELS) {
    left${u}_${q} = dy4(row${u}_${q}, panel * DEPTH + 4u * left_d$u); // @unroll u < LEFT_LOADS, q < 4
    // @unroll u < RIGHT_LOADS
    let n$u = panel * DEPTH + right_d$u;
    right$u = select(vec4f(), SCALE * weight4(ROW0 + min(n$u, N - 1u), vector$u), n$u < N);
    // @end
  }
  // @if LORA
  if (panel >= W_PANELS && panel < panels) {
    let inner = (panel - W_PANELS) / INNER_PANELS * INNER;
    let r = (panel - W_PANELS) % INNER_PANELS * DEPTH;
    // @unroll u < LEFT_LOADS, q < 4
    left${u}_${q} = ds4(row${u}_${q}, inner + min(r + 4u * left_d$u, INNER - 4u));
    // @end
    // @unroll u < RIGHT_LOADS
    right$u = select(vec4f(), a4(inner + min(r + right_d$u, INNER - 1u), vector$u), r + right_d$u < INNER);
    // @end
  }
  // @end
  // @end
  // @include tile_loop left=along right=across adapter=linear_backward_masked // @if DROPOUT
  // @include tile_loop left=along right=across // @if !DROPOUT

  // @unroll p < ROW_VECTORS, q < 4
  {
    let row = first_row + 4u * (thread_y + ${p}u * THREADS_Y) + ${q}u;
    if (row < dims.rows) {
      // @unroll v < COLUMN_VECTORS
      // @if DX_VEC
      {
        let column4 = first_vector + thread_x + ${v}u * THREADS_X;
        let at = row * (DX_STRIDE / 4u) + DX_COLUMN / 4u + column4;
        if (column4 < K4) {
          dx[at] += sum${p}_${q}_${v}; // @if ACCUMULATE
          dx[at] = sum${p}_${q}_${v}; // @if !ACCUMULATE
        }
      }
      // @else
      {
        let value = sum${p}_${q}_${v};
        let column = 4u * (first_vector + thread_x + ${v}u * THREADS_X);
        let at = row * DX_STRIDE + DX_COLUMN + column;
        // @unroll c < 4
        if (column + ${c}u < K) {
          dx[at + ${c}u] += value[$c]; // @if ACCUMULATE
          dx[at + ${c}u] = value[$c]; // @if !ACCUMULATE
        }
        // @end
      }
      // @end
      // @end
    }
  }
  // @end
}
