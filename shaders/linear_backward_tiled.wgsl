// dX = SCALE·dY·W + Σ_p M_p ∘ (dS_p·A_p),   dY [rows, N], W [N, K], dS [rows, parts·RANK], A [parts·RANK, K]
// M_p is the dropout mask of part p (1 without dropout). The same as linear_backward_direct.wgsl through tiles in
// workgroup memory: panels of DEPTH steps over the rows of W, then over those of A.
//
// The next panel is fetched into registers while the last is multiplied. With dropout each part's product is masked
// before it is added, so it has panels of its own; without, the parts are one sum.
enable f16; // @if HALF
enable chromium_experimental_subgroup_matrix; // @if MATRIX
// @include dims
// @include weight
// @include columns
// @include tile
// @if DROPOUT
// @include dropout
// @end
const DROPOUT: bool = false;
const HALF: bool = false; // W is staged as the float16 that it is
const LEFT_LOADS: u32 = 1u; // blocks of 4 × 4 that a thread stages: ROWS4 · DEPTH4 / THREADS, rounded up
const RIGHT_LOADS: u32 = 4u; // vec4s: COLUMNS4 · DEPTH / THREADS, rounded up

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

@group(0) @binding(AT_DY) var<storage, read> dy: array<vec4f>; // @if DY_VEC
@group(0) @binding(AT_DY) var<storage, read> dy: array<f32>; // @if !DY_VEC
@group(0) @binding(AT_DX) var<storage, read_write> dx: array<f32>;
// @if LORA
@group(0) @binding(AT_DS) var<storage, read> ds: array<f32>;
@group(0) @binding(AT_A) var<storage, read> a: array<vec4f>; // @if K_VEC
@group(0) @binding(AT_A) var<storage, read> a: array<f32>; // @if !K_VEC
// @end

// @if HALF
var<workgroup> right_half: array<vec4<f16>, DEPTH * COLUMNS4 + DEPTH4 * PAD>;

fn put_right_half(d: u32, n4: u32, v: vec4f) {
  right_half[right_at(d, n4)] = vec4<f16>(v);
}
// @end

const K4: u32 = (K + 3u) / 4u;
const N4: u32 = (N + 3u) / 4u;
const W_PANELS: u32 = (N + DEPTH - 1u) / DEPTH;
// Rows of A that are summed together.
const INNER: u32 = RANK; // @if DROPOUT
const INNER: u32 = PARTS * RANK; // @if !DROPOUT
const INNER_PANELS: u32 = (INNER + DEPTH - 1u) / DEPTH;

// dY[row, n … n + 3]; what it gives behind the end of the row meets zeros of W.
fn dy4(row: u32, n: u32) -> vec4f {
  // @if DY_VEC
  return dy[(row * DY_STRIDE + DY_COLUMN + min(n, N - 4u)) / 4u];
  // @else
  let at = row * DY_STRIDE + DY_COLUMN + min(vec4u(0u, 1u, 2u, 3u) + n, vec4u(N - 1u));
  return vec4f(dy[at.x], dy[at.y], dy[at.z], dy[at.w]);
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

fn ds4(row: u32, r: u32) -> vec4f {
  let at = row * DS_STRIDE + DS_COLUMN + r;
  return vec4f(ds[at], ds[at + 1u], ds[at + 2u], ds[at + 3u]);
}
// @end

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let thread_x = thread % THREADS_X;
  let thread_y = thread / THREADS_X;
  var sum${p}_${q}_${v} = vec4f(); // @unroll p < ROW_VECTORS, q < 4, v < COLUMN_VECTORS
  // @if MATRIX
  var product${m}_${n}: subgroup_matrix_result<f32, 8, 8>; // @unroll m < MATRIX_ROWS, n < MATRIX_COLUMNS
  // @end
  // @unroll u < LEFT_LOADS
  let left_m$u = (thread + ${u}u * THREADS) / DEPTH4;
  let left_d$u = (thread + ${u}u * THREADS) % DEPTH4;
  // @unroll q < 4
  var dy${u}_${q} = vec4f();
  // @end
  // @end
  // @unroll u < RIGHT_LOADS
  let right_d$u = (thread + ${u}u * THREADS) / COLUMNS4;
  let right_n$u = (thread + ${u}u * THREADS) % COLUMNS4;
  var w$u = vec4f();
  // @end
  let first_row = group.y * TILE_ROWS;
  let first_vector = group.x * COLUMNS4;
  let last_row = dims.rows - 1u;
  let row${u}_${q} = min(first_row + 4u * left_m$u + ${q}u, last_row); // @unroll u < LEFT_LOADS, q < 4
  let vector$u = min(first_vector + right_n$u, K4 - 1u); // @unroll u < RIGHT_LOADS
  const panels = W_PANELS + PARTS * INNER_PANELS; // @if LORA && DROPOUT
  const panels = W_PANELS + INNER_PANELS; // @if LORA && !DROPOUT
  const panels = W_PANELS; // @if !LORA

  // @if DROPOUT
  var total${p}_${q}_${v} = vec4f(); // @unroll p < ROW_VECTORS, q < 4, v < COLUMN_VECTORS
  // @unroll p < ROW_VECTORS, q < 4
  let row_of_${p}_${q} = min(first_row + 4u * (thread_y + ${p}u * THREADS_Y) + ${q}u, last_row);
  // @end
  // @end

  // By < to a constant, where it is one: a compiler sees that it ends, and does not count its rounds besides.
  for (var panel = 0u; panel < panels + 1u; panel++) {
    if (panel < W_PANELS) {
      dy${u}_${q} = dy4(row${u}_${q}, panel * DEPTH + 4u * left_d$u); // @unroll u < LEFT_LOADS, q < 4
      // @unroll u < RIGHT_LOADS
      let n$u = panel * DEPTH + right_d$u;
      w$u = select(vec4f(), SCALE * weight4(ROW0 + min(n$u, N - 1u), vector$u), n$u < N);
      // @end
    }
    // @if LORA
    if (panel >= W_PANELS && panel < panels) {
      let inner = (panel - W_PANELS) / INNER_PANELS * INNER;
      let r = (panel - W_PANELS) % INNER_PANELS * DEPTH;
      dy${u}_${q} = ds4(row${u}_${q}, inner + min(r + 4u * left_d$u, INNER - 4u)); // @unroll u < LEFT_LOADS, q < 4
      // @unroll u < RIGHT_LOADS
      w$u = select(vec4f(), a4(inner + min(r + right_d$u, INNER - 1u), vector$u), r + right_d$u < INNER);
      // @end
    }
    // @end
    if (panel > 0u) {
      // @if HALF
      if (panel <= W_PANELS) {
        // @include tile_multiply_half
      } else {
        // @include tile_multiply
      }
      // @else
      // @if MATRIX
      // @include tile_multiply_matrix
      // @else
      // @include tile_multiply
      // @end
      // @end
      // @if DROPOUT
      // @if MATRIX
      if (panel == W_PANELS || (panel > W_PANELS && (panel - W_PANELS) % INNER_PANELS == 0u)) {
        // @include tile_matrix_sums
      }
      // @end
      if (panel == W_PANELS) {
        // @unroll p < ROW_VECTORS, q < 4, v < COLUMN_VECTORS
        total${p}_${q}_${v} = sum${p}_${q}_${v};
        sum${p}_${q}_${v} = vec4f();
        // @end
      } else if (panel > W_PANELS && (panel - W_PANELS) % INNER_PANELS == 0u) {
        let key = dropout_module_key(PART_MODULE[(panel - W_PANELS) / INNER_PANELS - 1u]);
        // @unroll p < ROW_VECTORS, q < 4
        let row_key${p}_${q} = dropout_row_key(key, row_of_${p}_${q});
        // @unroll v < COLUMN_VECTORS
        total${p}_${q}_${v} += sum${p}_${q}_${v} * dropout_mask4(row_key${p}_${q}, 4u * (first_vector + thread_x + ${v}u * THREADS_X));
        sum${p}_${q}_${v} = vec4f();
        // @end
        // @end
      }
      // @end
    }
    if (panel == panels) { break; }
    workgroupBarrier();
    // @unroll u < LEFT_LOADS
    if (left_m$u < ROWS4) {
      // @unroll q < 4
      put_left(4u * left_d$u + ${q}u, left_m$u, vec4f(dy${u}_0[$q], dy${u}_1[$q], dy${u}_2[$q], dy${u}_3[$q]));
      // @end
    }
    // @end
    // @if HALF
    if (panel < W_PANELS) {
      if (right_d$u < DEPTH) { put_right_half(right_d$u, right_n$u, w$u); } // @unroll u < RIGHT_LOADS
    } else {
      if (right_d$u < DEPTH) { put_right(right_d$u, right_n$u, w$u); } // @unroll u < RIGHT_LOADS
    }
    // @else
    if (right_d$u < DEPTH) { put_right(right_d$u, right_n$u, w$u); } // @unroll u < RIGHT_LOADS
    // @end
    workgroupBarrier();
  }
  // @if !DROPOUT && MATRIX
  // @include tile_matrix_sums
  // @end

  // @unroll p < ROW_VECTORS, q < 4
  {
    let row = first_row + 4u * (thread_y + ${p}u * THREADS_Y) + ${q}u;
    if (row < dims.rows) {
      // @unroll v < COLUMN_VECTORS
      {
        let value = total${p}_${q}_${v}; // @if DROPOUT
        let value = sum${p}_${q}_${v}; // @if !DROPOUT
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
    }
  }
  // @end
}
