// Y = X·Wᵀ (+ bias) (+ residual) + factor·S·Bᵀ,   X [rows, K], W [N, K], S [rows, parts·RANK], B [N, RANK]
// factor = LORA_SCALE · dims.strength; the adapter's product is RANK more steps of the same sum (LoRAFusion,
// arXiv 2510.00206).
//
// Register tile without workgroup memory: a thread sums ROWS_TILE × COLUMNS_TILE outputs. The four threads of a quad
// work on the same rows and on neighbouring columns. With QUAD each loads a fourth of what they share and the others
// get it by quadBroadcast: on SwiftShader a load costs about ten multiply-adds, a broadcast one.
// Rows and columns behind the end are clamped; only the store is guarded.
enable subgroups; // @if QUAD
// @include dims
// @include weight
// @include columns
// @if DROPOUT
// @include dropout
// @end
const DROPOUT: bool = false; // X is masked for module PART_MODULE[PART]: the down projection of an adapter in training
const PART: u32 = 0u;
const QUAD: bool = false;
const ROWS_TILE: u32 = 8u;
const COLUMNS_TILE: u32 = 4u;
const GROUPS: u32 = 1u; // quads a workgroup, side by side

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

@group(0) @binding(AT_X) var<storage, read> x: array<f32>; // @if QUAD
@group(0) @binding(AT_X) var<storage, read> x: array<vec4f>; // @if !QUAD && X_VEC
@group(0) @binding(AT_X) var<storage, read> x: array<f32>; // @if !QUAD && !X_VEC
@group(0) @binding(AT_Y) var<storage, read_write> y: array<f32>;

const K4: u32 = (K + 3u) / 4u;

// X[row, 4·k4 … 4·k4 + 3] of the row that starts at `base`, zero behind its end; `key` draws its dropout mask.
fn x4(base: u32, k4: u32, lane: u32, key: u32) -> vec4f {
  // @if QUAD
  // @if K_VEC
  var own = x[base + 4u * k4 + lane];
  // @else
  let k = 4u * k4 + lane;
  var own = select(0.0, x[base + min(k, K - 1u)], k < K);
  // @end
  own *= dropout_mask(key, 4u * k4 + lane); // @if DROPOUT
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
  // @else
  // @if X_VEC
  var v = x[base / 4u + k4];
  // @else
  let at = base + min(vec4u(0u, 1u, 2u, 3u) + 4u * k4, vec4u(K - 1u));
  var v = vec4f(x[at.x], x[at.y], x[at.z], x[at.w]);
  // @end
  v = select(vec4f(), v, vec4u(0u, 1u, 2u, 3u) + 4u * k4 < vec4u(K)); // @if !K_VEC
  v *= dropout_mask4(key, 4u * k4); // @if DROPOUT
  return v;
  // @end
}

// @if LORA
fn s4(at: u32, lane: u32) -> vec4f {
  // @if QUAD
  let own = s[at + lane];
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
  // @else
  return vec4f(s[at], s[at + 1u], s[at + 2u], s[at + 3u]);
  // @end
}
// @end

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

  // @if QUANT
  var scale$j = vec2f(); // @unroll j < COLUMNS_TILE
  // @end
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

  // @if LORA
  let factor = LORA_SCALE * dims.strength;
  // All columns of a thread, and with QUAD of a quad, belong to one part.
  let s_column = S_COLUMN + part_of(COLUMN0 + first_column) * RANK;
  for (var r4 = 0u; r4 < RANK / 4u; r4++) {
    let b$j = factor * b[(COLUMN0 + column$j) * (RANK / 4u) + r4]; // @unroll j < COLUMNS_TILE
    // @unroll i < ROWS_TILE
    {
      let v = s4(row$i * S_STRIDE + s_column + 4u * r4, lane);
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
      y[at] += sum${i}_${j} + add; // @if !RESIDUAL && RESIDUAL_IN_PLACE
      y[at] = sum${i}_${j} + add; // @if !RESIDUAL && !RESIDUAL_IN_PLACE
    }
    // @end
  }
  // @end
}
