// Y = X·Wᵀ (+ bias) (+ residual) + factor·S·Bᵀ,   X [rows, K], W [N, K], S [rows, parts·RANK], B [N, RANK]
// factor = LORA_SCALE · dims.strength. The same as linear_forward_direct.wgsl through tiles in workgroup memory. The
// sum goes on from K to the adapter: panels of DEPTH steps over K, then panels over RANK for each part that the tile
// meets (LoRAFusion, arXiv 2510.00206). Rows and columns past the end are clamped; only the store is guarded.
// @include small_subgroups
enable f16; // @if HALF
enable chromium_experimental_subgroup_matrix; // @if MATRIX
// @include linear_forward
// @include tile
const Y_VEC: bool = false; // Y, bias and residual are vec4s: strides, columns and N are multiples of 4
const LEFT_LOADS: u32 = 1u; // blocks of 4 × 4 that a thread stages: ROWS4 · DEPTH4 / THREADS, rounded up
const RIGHT_LOADS: u32 = 1u; // COLUMNS4 · DEPTH4 / THREADS, rounded up

const RANK4: u32 = RANK / 4u;
const W_PANELS: u32 = (K4 + DEPTH4 - 1u) / DEPTH4;
const RANK_PANELS: u32 = (RANK4 + DEPTH4 - 1u) / DEPTH4;

// X[row, 4·k4 … 4·k4 + 3], masked by dropout; values past the end of the row meet zeros of W.
fn x4(row: u32, k4: u32, module_key: u32) -> vec4f {
  var v = x[row * (X_STRIDE / 4u) + X_COLUMN / 4u + min(k4, K4 - 1u)]; // @if X_VEC
  let at = row * X_STRIDE + X_COLUMN + min(vec4u(0u, 1u, 2u, 3u) + 4u * k4, vec4u(K - 1u)); // @if !X_VEC
  var v = vec4f(x[at.x], x[at.y], x[at.z], x[at.w]); // @if !X_VEC
  v = select(vec4f(), v, vec4u(0u, 1u, 2u, 3u) + 4u * k4 < vec4u(K)); // @if !K_VEC
  v *= dropout_mask4(dropout_row_key(module_key, row), 4u * k4); // @if DROPOUT
  return v;
}

// @if LORA
fn s4(row: u32, part: u32, r4: u32) -> vec4f {
  return s[row * (S_STRIDE / 4u) + S_COLUMN / 4u + part * RANK4 + min(r4, RANK4 - 1u)];
}

// Zero past the rank, and where the column belongs to another part.
fn b4(column: u32, part: u32, r4: u32) -> vec4f {
  let v = b[column * RANK4 + min(r4, RANK4 - 1u)];
  return select(vec4f(), v, (r4 < RANK4) & (part_of(column) == part));
}
// @end

@compute @subgroup_size(8) @workgroup_size(THREADS) // @if SUBGROUPS_OF_8
@compute @workgroup_size(THREADS) // @if !SUBGROUPS_OF_8
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  // @include tile_start left=along right=along
  let first_row = group.y * TILE_ROWS;
  let first_column = group.x * TILE_COLUMNS;
  let last_row = dims.rows - 1u;
  let row${u}_${q} = min(first_row + 4u * left_four$u + ${q}u, last_row); // @unroll u < LEFT_LOADS, q < 4
  let column${u}_${q} = min(first_column + 4u * right_four$u + ${q}u, N - 1u); // @unroll u < RIGHT_LOADS, q < 4
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

  // @block fetch
  if (panel < W_PANELS) {
    left${u}_${q} = x4(row${u}_${q}, panel * DEPTH4 + left_d$u, module_key); // @unroll u < LEFT_LOADS, q < 4
    // @unroll u < RIGHT_LOADS
    let k4_$u = panel * DEPTH4 + right_d$u;
    // @unroll q < 4
    right${u}_${q} = select(vec4f(), weight4(ROW0 + column${u}_${q}, min(k4_$u, K4 - 1u)), k4_$u < K4);
    // @end
    // @end
  }
  // @if LORA
  if (panel >= W_PANELS && panel < panels) {
    let part = first_part + (panel - W_PANELS) / RANK_PANELS;
    let r4 = (panel - W_PANELS) % RANK_PANELS * DEPTH4;
    left${u}_${q} = s4(row${u}_${q}, part, r4 + left_d$u); // @unroll u < LEFT_LOADS, q < 4
    // @unroll u < RIGHT_LOADS, q < 4
    right${u}_${q} = factor * b4(COLUMN0 + column${u}_${q}, part, r4 + right_d$u);
    // @end
  }
  // @end
  // @end
  // @include tile_loop left=along right=along

  // @unroll p < ROW_VECTORS, q < 4
  {
    let row = first_row + 4u * (thread_y + ${p}u * THREADS_Y) + ${q}u;
    if (row < dims.rows) {
      // @if Y_VEC
      // @unroll v < COLUMN_VECTORS
      {
        let n4 = first_column / 4u + thread_x + ${v}u * THREADS_X;
        if (n4 < N / 4u) {
          let column4 = COLUMN0 / 4u + n4;
          var value = sum${p}_${q}_${v};
          value += bias[column4]; // @if BIAS
          value += residual[row * (RESIDUAL_STRIDE / 4u) + RESIDUAL_COLUMN / 4u + column4]; // @if RESIDUAL
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] += value; // @if RESIDUAL_IN_PLACE
          y[at] = value; // @if !RESIDUAL_IN_PLACE
        }
      }
      // @end
      // @else
      // @unroll v < COLUMN_VECTORS, c < 4
      {
        let n = first_column + 4u * (thread_x + ${v}u * THREADS_X) + ${c}u;
        if (n < N) {
          let column = COLUMN0 + n;
          var value = sum${p}_${q}_${v}[$c];
          value *= LORA_SCALE * dims.strength; // @if UP_ALONE
          value += bias[column]; // @if BIAS
          value += residual[row * RESIDUAL_STRIDE + RESIDUAL_COLUMN + column]; // @if RESIDUAL
          let at = row * Y_STRIDE + Y_COLUMN + column;
          y[at] += value; // @if RESIDUAL_IN_PLACE
          y[at] = value; // @if !RESIDUAL_IN_PLACE
        }
      }
      // @end
      // @end
    }
  }
  // @end
}
