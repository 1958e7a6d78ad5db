// Y = X·Wᵀ (+ bias) (+ residual) + factor·S·Bᵀ,   X [rows, K], W [N, K], S [rows, parts·RANK], B [N, RANK]
// factor = LORA_SCALE · dims.strength; the adapter's product is RANK more steps of the same sum (LoRAFusion,
// arXiv 2510.00206).
//
// Register tile without workgroup memory: a thread sums ROWS_TILE × COLUMNS_TILE outputs. The four threads of a quad
// work on the same rows and on neighbouring columns. With QUAD each loads a fourth of their common row and the others
// get it by quadBroadcast: on SwiftShader a load costs about ten multiply-adds, a broadcast one.
// Rows and columns past the end are clamped; only the store is guarded.
enable subgroups; // @if QUAD
// @include linear_forward
const QUAD: bool = false;
const ROWS_TILE: u32 = 8u;
const COLUMNS_TILE: u32 = 4u;
const GROUPS: u32 = 1u; // quads of a workgroup, side by side

// X[row, 4·k4 … 4·k4 + 3] of the row that starts at `base`, zero past its end; `key` draws its dropout mask.
fn x4(base: u32, k4: u32, lane: u32, key: u32) -> vec4f {
  // @if QUAD
  var own = x[base + 4u * k4 + lane]; // @if K_VEC
  let k = 4u * k4 + lane; // @if !K_VEC
  var own = select(0.0, x[base + min(k, K - 1u)], k < K); // @if !K_VEC
  own *= dropout_mask(key, 4u * k4 + lane); // @if DROPOUT
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
  // @else
  var v = x[base / 4u + k4]; // @if X_VEC
  let at = base + min(vec4u(0u, 1u, 2u, 3u) + 4u * k4, vec4u(K - 1u)); // @if !X_VEC
  var v = vec4f(x[at.x], x[at.y], x[at.z], x[at.w]); // @if !X_VEC
  v = select(vec4f(), v, vec4u(0u, 1u, 2u, 3u) + 4u * k4 < vec4u(K)); // @if !K_VEC
  v *= dropout_mask4(key, 4u * k4); // @if DROPOUT
  return v;
  // @end
}
// @include quad_load name=s4 buffer=s // @if LORA && QUAD

@compute @workgroup_size(4, GROUPS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let first_row = group.y * ROWS_TILE;
  let first_column = ((group.x * GROUPS + local.y) * 4u + lane) * COLUMNS_TILE;
  let last_row = dims.rows - 1u;
  let module_key = dropout_module_key(PART_MODULE[PART]); // @if DROPOUT

  // @unroll i < ROWS_TILE
  let row$i = min(first_row + ${i}u, last_row);
  let base$i = row$i * X_STRIDE + X_COLUMN;
  let key$i = dropout_row_key(module_key, row$i); // @if DROPOUT
  let key$i = 0u; // @if !DROPOUT
  var sum${i}_${j} = 0.0; // @unroll j < COLUMNS_TILE
  // @end
  let column$j = min(first_column + ${j}u, N - 1u); // @unroll j < COLUMNS_TILE

  var scale$j = vec2f(); // @unroll j < COLUMNS_TILE // @if QUANT
  for (var k4 = 0u; k4 < K4; k4++) {
    // @if QUANT
    if (k4 % (BLOCK / 4u) == 0u) {
      scale$j = scale_of(ROW0 + column$j, k4); // @unroll j < COLUMNS_TILE
    }
    let w$j = weight4_by(scale$j, ROW0 + column$j, k4); // @unroll j < COLUMNS_TILE
    // @else
    let w$j = weight4(ROW0 + column$j, k4); // @unroll j < COLUMNS_TILE
    // @end
    // @unroll i < ROWS_TILE
    {
      let v = x4(base$i, k4, lane, key$i);
      sum${i}_${j} += dot(w$j, v); // @unroll j < COLUMNS_TILE
    }
    // @end
  }

  sum${i}_${j} *= LORA_SCALE * dims.strength; // @unroll i < ROWS_TILE, j < COLUMNS_TILE // @if UP_ALONE
  // @if LORA
  let factor = LORA_SCALE * dims.strength;
  // All columns of a thread, and with QUAD of a quad, belong to one part.
  let s_column = S_COLUMN + part_of(COLUMN0 + first_column) * RANK;
  for (var r4 = 0u; r4 < RANK / 4u; r4++) {
    let b$j = factor * b[(COLUMN0 + column$j) * (RANK / 4u) + r4]; // @unroll j < COLUMNS_TILE
    // @unroll i < ROWS_TILE
    {
      let v = s4(row$i * S_STRIDE + s_column + 4u * r4, lane); // @if QUAD
      let v = s[row$i * (S_STRIDE / 4u) + s_column / 4u + r4]; // @if !QUAD
      sum${i}_${j} += dot(b$j, v); // @unroll j < COLUMNS_TILE
    }
    // @end
  }
  // @end

  // @unroll j < COLUMNS_TILE
  if (first_column + ${j}u < N) {
    let column = COLUMN0 + first_column + ${j}u;
    let add = bias[column]; // @if BIAS
    let add = 0.0; // @if !BIAS
    // @unroll i < ROWS_TILE
    if (first_row + ${i}u < dims.rows) {
      let at = row$i * Y_STRIDE + Y_COLUMN + column;
      y[at] = sum${i}_${j} + add + residual[row$i * RESIDUAL_STRIDE + RESIDUAL_COLUMN + column]; // @if RESIDUAL
      y[at] += sum${i}_${j} + add; // @if RESIDUAL_IN_PLACE
      y[at] = sum${i}_${j} + add; // @if !RESIDUAL && !RESIDUAL_IN_PLACE
    }
    // @end
  }
  // @end
}
