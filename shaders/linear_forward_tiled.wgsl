// Y = X·Wᵀ (+ bias) (+ residual) + factor·S·Bᵀ,   X [rows, K], W [N, K], S [rows, parts·RANK], B [N, RANK]
// factor = LORA_SCALE · dims.strength. The same as linear_forward_direct.wgsl through tiles in workgroup memory. The
// sum goes on from K to the adapter: panels of DEPTH steps over K, then panels over RANK for each part that the tile
// meets (LoRAFusion, arXiv 2510.00206).
//
// The next panel is fetched into registers while the last is multiplied. Rows and columns behind the end are clamped;
// only the store is guarded.
enable f16; // @if HALF
enable chromium_experimental_subgroup_matrix; // @if MATRIX
// @include dims
// @include weight
// @include columns
// @include tile
// @if DROPOUT
// @include dropout
// @end
const DROPOUT: bool = false; // X is masked for module PART_MODULE[PART]: the down projection of an adapter in training
const PART: u32 = 0u;
const HALF: bool = false; // W is staged as the float16 that it is
const LEFT_LOADS: u32 = 1u; // blocks of 4 × 4 that a thread stages: ROWS4 · DEPTH4 / THREADS, rounded up
const RIGHT_LOADS: u32 = 1u; // COLUMNS4 · DEPTH4 / THREADS, rounded up

const ROW0: u32 = 0u; // first row of W
const N: u32 = 64u; // rows of W used: outputs of this dispatch
const COLUMN0: u32 = 0u; // output column that row ROW0 of W gives
const X_STRIDE: u32 = 64u;
const X_COLUMN: u32 = 0u;
const X_VEC: bool = true; // stride and column of X are multiples of 4
const Y_STRIDE: u32 = 64u;
const Y_COLUMN: u32 = 0u;

const AT_X: u32 = 1u;
const AT_Y: u32 = 3u;

const BIAS: bool = false;
const AT_BIAS: u32 = 4u;
@group(0) @binding(AT_BIAS) var<storage, read> bias: array<f32>; // @if BIAS

const RESIDUAL: bool = false; // a matrix of its own
const RESIDUAL_IN_PLACE: bool = false; // what Y holds
const RESIDUAL_STRIDE: u32 = 64u;
const RESIDUAL_COLUMN: u32 = 0u;
const AT_RESIDUAL: u32 = 5u;
@group(0) @binding(AT_RESIDUAL) var<storage, read> residual: array<f32>; // @if RESIDUAL

const LORA: bool = false;
const RANK: u32 = 16u;
const LORA_SCALE: f32 = 1.0;
const S_STRIDE: u32 = 16u;
const S_COLUMN: u32 = 0u;
const AT_S: u32 = 6u;
const AT_B: u32 = 7u;
// @if LORA
@group(0) @binding(AT_S) var<storage, read> s: array<f32>;
@group(0) @binding(AT_B) var<storage, read> b: array<vec4f>;
// @end

@group(0) @binding(AT_X) var<storage, read> x: array<vec4f>; // @if X_VEC
@group(0) @binding(AT_X) var<storage, read> x: array<f32>; // @if !X_VEC
@group(0) @binding(AT_Y) var<storage, read_write> y: array<f32>;

// @if HALF
var<workgroup> right_half: array<vec4<f16>, DEPTH * COLUMNS4 + DEPTH4 * PAD>;

fn put_right_half(d: u32, n4: u32, v: vec4f) {
  right_half[right_at(d, n4)] = vec4<f16>(v);
}
// @end

const K4: u32 = (K + 3u) / 4u;
const RANK4: u32 = RANK / 4u;
const W_PANELS: u32 = (K4 + DEPTH4 - 1u) / DEPTH4;
const RANK_PANELS: u32 = (RANK4 + DEPTH4 - 1u) / DEPTH4;

// X[row, 4·k4 … 4·k4 + 3], masked by dropout; what it gives behind the end of the row meets zeros of W.
fn x4(row: u32, k4: u32, module_key: u32) -> vec4f {
  // @if X_VEC
  var v = x[(row * X_STRIDE + X_COLUMN) / 4u + min(k4, K4 - 1u)];
  // @else
  let at = row * X_STRIDE + X_COLUMN + min(vec4u(0u, 1u, 2u, 3u) + 4u * k4, vec4u(K - 1u));
  var v = vec4f(x[at.x], x[at.y], x[at.z], x[at.w]);
  // @end
  v = select(vec4f(), v, vec4u(0u, 1u, 2u, 3u) + 4u * k4 < vec4u(K)); // @if !K_VEC
  v *= dropout_mask4(dropout_row_key(module_key, row), 4u * k4); // @if DROPOUT
  return v;
}

// @if LORA
fn s4(row: u32, part: u32, r4: u32) -> vec4f {
  let at = row * S_STRIDE + S_COLUMN + part * RANK + 4u * min(r4, RANK4 - 1u);
  return vec4f(s[at], s[at + 1u], s[at + 2u], s[at + 3u]);
}

// Zero behind the rank, and where the column belongs to another part.
fn b4(column: u32, part: u32, r4: u32) -> vec4f {
  let v = b[column * RANK4 + min(r4, RANK4 - 1u)];
  return select(vec4f(), v, (r4 < RANK4) & (part_of(column) == part));
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
  var x${u}_${q} = vec4f();
  // @end
  // @end
  // @unroll u < RIGHT_LOADS
  let right_n$u = (thread + ${u}u * THREADS) / DEPTH4;
  let right_d$u = (thread + ${u}u * THREADS) % DEPTH4;
  // @unroll q < 4
  var w${u}_${q} = vec4f();
  // @end
  // @end
  let first_row = group.y * TILE_ROWS;
  let first_column = group.x * TILE_COLUMNS;
  let last_row = dims.rows - 1u;
  let row${u}_${q} = min(first_row + 4u * left_m$u + ${q}u, last_row); // @unroll u < LEFT_LOADS, q < 4
  let column${u}_${q} = min(first_column + 4u * right_n$u + ${q}u, N - 1u); // @unroll u < RIGHT_LOADS, q < 4
  let module_key = dropout_module_key(PART_MODULE[PART]); // @if DROPOUT
  let module_key = 0u; // @if !DROPOUT
  // @if LORA
  let factor = LORA_SCALE * dims.strength;
  let first_part = part_of(COLUMN0 + first_column);
  let last_part = part_of(COLUMN0 + min(first_column + TILE_COLUMNS, N) - 1u);
  let panels = W_PANELS + (last_part - first_part + 1u) * RANK_PANELS;
  // @else
  const panels = W_PANELS;
  // @end


  // By < to a constant, where it is one: a compiler sees that it ends, and does not count its rounds besides.
  for (var panel = 0u; panel < panels + 1u; panel++) {
    if (panel < W_PANELS) {
      x${u}_${q} = x4(row${u}_${q}, panel * DEPTH4 + left_d$u, module_key); // @unroll u < LEFT_LOADS, q < 4
      // @unroll u < RIGHT_LOADS
      let k4_$u = panel * DEPTH4 + right_d$u;
      // @unroll q < 4
      w${u}_${q} = select(vec4f(), weight4(ROW0 + column${u}_${q}, min(k4_$u, K4 - 1u)), k4_$u < K4);
      // @end
      // @end
    }
    // @if LORA
    if (panel >= W_PANELS && panel < panels) {
      let part = first_part + (panel - W_PANELS) / RANK_PANELS;
      let r4 = (panel - W_PANELS) % RANK_PANELS * DEPTH4;
      x${u}_${q} = s4(row${u}_${q}, part, r4 + left_d$u); // @unroll u < LEFT_LOADS, q < 4
      w${u}_${q} = factor * b4(COLUMN0 + column${u}_${q}, part, r4 + right_d$u); // @unroll u < RIGHT_LOADS, q < 4
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
    }
    if (panel == panels) { break; }
    workgroupBarrier();
    // @unroll u < LEFT_LOADS
    if (left_m$u < ROWS4) {
      // @unroll q < 4
      put_left(4u * left_d$u + ${q}u, left_m$u, vec4f(x${u}_0[$q], x${u}_1[$q], x${u}_2[$q], x${u}_3[$q]));
      // @end
    }
    // @end
    // @if HALF
    if (panel < W_PANELS) {
      // @unroll u < RIGHT_LOADS
      if (right_n$u < COLUMNS4) {
        // @unroll q < 4
        put_right_half(4u * right_d$u + ${q}u, right_n$u, vec4f(w${u}_0[$q], w${u}_1[$q], w${u}_2[$q], w${u}_3[$q]));
        // @end
      }
      // @end
    } else {
      // @unroll u < RIGHT_LOADS
      if (right_n$u < COLUMNS4) {
        // @unroll q < 4
        put_right(4u * right_d$u + ${q}u, right_n$u, vec4f(w${u}_0[$q], w${u}_1[$q], w${u}_2[$q], w${u}_3[$q]));
        // @end
      }
      // @end
    }
    // @else
    // @unroll u < RIGHT_LOADS
    if (right_n$u < COLUMNS4) {
      // @unroll q < 4
      put_right(4u * right_d$u + ${q}u, right_n$u, vec4f(w${u}_0[$q], w${u}_1[$q], w${u}_2[$q], w${u}_3[$q]));
      // @end
    }
    // @end
    // @end
    workgroupBarrier();
  }
  // @if MATRIX
  // @include tile_matrix_sums
  // @end

  // @unroll p < ROW_VECTORS, q < 4
  {
    let row = first_row + 4u * (thread_y + ${p}u * THREADS_Y) + ${q}u;
    if (row < dims.rows) {
      // @unroll v < COLUMN_VECTORS, c < 4
      {
        let n = first_column + 4u * (thread_x + ${v}u * THREADS_X) + ${c}u;
        if (n < N) {
          let column = COLUMN0 + n;
          var value = sum${p}_${q}_${v}[$c];
          value += bias[column]; // @if BIAS
          value += residual[row * RESIDUAL_STRIDE + RESIDUAL_COLUMN + column]; // @if RESIDUAL
          let at = row * Y_STRIDE + Y_COLUMN + column;
          y[at] += value; // @if RESIDUAL_IN_PLACE
          y[at] = value; // @if !RESIDUAL_IN_PLACE
        }
      }
      // @end
    }
  }
  // @end
}
