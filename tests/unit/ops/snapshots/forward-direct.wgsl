enable subgroups;
struct Dims {
  rows: u32,
  batch: u32,
  length: u32,
  start: u32,
  offset: u32,
  supervised: u32,
  step: u32,
  seed: u32,
  scale: f32,
  strength: f32,
  micro: u32,
  first_module: u32,
}
@group(0) @binding(0) var<uniform> dims: Dims;
const K: u32 = 128u;
const K_VEC: bool = true;
const AT_WEIGHT: u32 = 2u;
const AT_SCALES: u32 = 3u;
const BLOCK: u32 = 32u;
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<u32>;
fn block_of(row: u32, k4: u32) -> u32 { return row * (K / BLOCK) + k4 / (BLOCK / 4u); }
fn scale_of(row: u32, k4: u32) -> vec2f {
  return scale_at(block_of(row, k4));
}
@group(0) @binding(AT_SCALES) var<storage, read> scales: array<u32>;
fn scale_at(block: u32) -> vec2f { return unpack2x16float(scales[block]); }
fn nibbles(row: u32, k4: u32) -> vec4u {
  let word = weight[row * (K / 8u) + k4 / 2u] >> (16u * (k4 % 2u));
  return (vec4u(word) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u);
}
fn weight4_by(scale: vec2f, row: u32, k4: u32) -> vec4f {
  return scale.x * vec4f(nibbles(row, k4)) + scale.y;
}
fn weight4(row: u32, k4: u32) -> vec4f {
  return weight4_by(scale_of(row, k4), row, k4);
}
const PARTS: u32 = 3u;
const PART_BEGIN = array<u32, 3>(0u, 64u, 128u);
const PART_END = array<u32, 3>(64u, 128u, 192u);
const PART_MODULE = array<u32, 1>(0u);
fn part_of(column: u32) -> u32 {
  var part = 0u;
  for (var p = 1u; p < PARTS; p++) {
    if (column >= PART_BEGIN[p]) {
      part = p;
    }
  }
  return part;
}
const DROPOUT: bool = false;
const PART: u32 = 0u;
const ROW0: u32 = 0u;
const N: u32 = 192u;
const K4: u32 = (K + 3u) / 4u;
const COLUMN0: u32 = 0u;
const X_STRIDE: u32 = 131u;
const X_COLUMN: u32 = 1u;
const X_VEC: bool = false;
const AT_X: u32 = 1u;
@group(0) @binding(AT_X) var<storage, read> x: array<f32>;
const Y_STRIDE: u32 = 192u;
const Y_COLUMN: u32 = 0u;
const AT_Y: u32 = 4u;
@group(0) @binding(AT_Y) var<storage, read_write> y: array<f32>;
const BIAS: bool = false;
const AT_BIAS: u32 = 4u;
const RESIDUAL: bool = false;
const RESIDUAL_IN_PLACE: bool = true;
const RESIDUAL_STRIDE: u32 = 64u;
const RESIDUAL_COLUMN: u32 = 0u;
const AT_RESIDUAL: u32 = 5u;
const LORA: bool = true;
const RANK: u32 = 8u;
const LORA_SCALE: f32 = 2.0;
const S_STRIDE: u32 = 24u;
const S_COLUMN: u32 = 0u;
const AT_S: u32 = 5u;
const AT_B: u32 = 6u;
@group(0) @binding(AT_S) var<storage, read> s: array<f32>;
@group(0) @binding(AT_B) var<storage, read> b: array<vec4f>;
const QUAD: bool = true;
const ROWS_TILE: u32 = 8u;
const COLUMNS_TILE: u32 = 4u;
const GROUPS: u32 = 1u;
fn x4(base: u32, k4: u32, lane: u32, key: u32) -> vec4f {
  var own = x[base + 4u * k4 + lane];
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
}
fn s4(at: u32, lane: u32) -> vec4f {
  let own = s[at + lane];
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
}
@compute @workgroup_size(4, GROUPS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let first_row = group.y * ROWS_TILE;
  let first_column = ((group.x * GROUPS + local.y) * 4u + lane) * COLUMNS_TILE;
  let last_row = dims.rows - 1u;
  let row0 = min(first_row + 0u, last_row);
  let base0 = row0 * X_STRIDE + X_COLUMN;
  let key0 = 0u;
  var sum0_0 = 0.0;
  var sum0_1 = 0.0;
  var sum0_2 = 0.0;
  var sum0_3 = 0.0;
  let row1 = min(first_row + 1u, last_row);
  let base1 = row1 * X_STRIDE + X_COLUMN;
  let key1 = 0u;
  var sum1_0 = 0.0;
  var sum1_1 = 0.0;
  var sum1_2 = 0.0;
  var sum1_3 = 0.0;
  let row2 = min(first_row + 2u, last_row);
  let base2 = row2 * X_STRIDE + X_COLUMN;
  let key2 = 0u;
  var sum2_0 = 0.0;
  var sum2_1 = 0.0;
  var sum2_2 = 0.0;
  var sum2_3 = 0.0;
  let row3 = min(first_row + 3u, last_row);
  let base3 = row3 * X_STRIDE + X_COLUMN;
  let key3 = 0u;
  var sum3_0 = 0.0;
  var sum3_1 = 0.0;
  var sum3_2 = 0.0;
  var sum3_3 = 0.0;
  let row4 = min(first_row + 4u, last_row);
  let base4 = row4 * X_STRIDE + X_COLUMN;
  let key4 = 0u;
  var sum4_0 = 0.0;
  var sum4_1 = 0.0;
  var sum4_2 = 0.0;
  var sum4_3 = 0.0;
  let row5 = min(first_row + 5u, last_row);
  let base5 = row5 * X_STRIDE + X_COLUMN;
  let key5 = 0u;
  var sum5_0 = 0.0;
  var sum5_1 = 0.0;
  var sum5_2 = 0.0;
  var sum5_3 = 0.0;
  let row6 = min(first_row + 6u, last_row);
  let base6 = row6 * X_STRIDE + X_COLUMN;
  let key6 = 0u;
  var sum6_0 = 0.0;
  var sum6_1 = 0.0;
  var sum6_2 = 0.0;
  var sum6_3 = 0.0;
  let row7 = min(first_row + 7u, last_row);
  let base7 = row7 * X_STRIDE + X_COLUMN;
  let key7 = 0u;
  var sum7_0 = 0.0;
  var sum7_1 = 0.0;
  var sum7_2 = 0.0;
  var sum7_3 = 0.0;
  let column0 = min(first_column + 0u, N - 1u);
  let column1 = min(first_column + 1u, N - 1u);
  let column2 = min(first_column + 2u, N - 1u);
  let column3 = min(first_column + 3u, N - 1u);
  var scale0 = vec2f();
  var scale1 = vec2f();
  var scale2 = vec2f();
  var scale3 = vec2f();
  for (var k4 = 0u; k4 < K4; k4++) {
    if (k4 % (BLOCK / 4u) == 0u) {
      scale0 = scale_of(ROW0 + column0, k4);
      scale1 = scale_of(ROW0 + column1, k4);
      scale2 = scale_of(ROW0 + column2, k4);
      scale3 = scale_of(ROW0 + column3, k4);
    }
    let w0 = weight4_by(scale0, ROW0 + column0, k4);
    let w1 = weight4_by(scale1, ROW0 + column1, k4);
    let w2 = weight4_by(scale2, ROW0 + column2, k4);
    let w3 = weight4_by(scale3, ROW0 + column3, k4);
    {
      let v = x4(base0, k4, lane, key0);
      sum0_0 += dot(w0, v);
      sum0_1 += dot(w1, v);
      sum0_2 += dot(w2, v);
      sum0_3 += dot(w3, v);
    }
    {
      let v = x4(base1, k4, lane, key1);
      sum1_0 += dot(w0, v);
      sum1_1 += dot(w1, v);
      sum1_2 += dot(w2, v);
      sum1_3 += dot(w3, v);
    }
    {
      let v = x4(base2, k4, lane, key2);
      sum2_0 += dot(w0, v);
      sum2_1 += dot(w1, v);
      sum2_2 += dot(w2, v);
      sum2_3 += dot(w3, v);
    }
    {
      let v = x4(base3, k4, lane, key3);
      sum3_0 += dot(w0, v);
      sum3_1 += dot(w1, v);
      sum3_2 += dot(w2, v);
      sum3_3 += dot(w3, v);
    }
    {
      let v = x4(base4, k4, lane, key4);
      sum4_0 += dot(w0, v);
      sum4_1 += dot(w1, v);
      sum4_2 += dot(w2, v);
      sum4_3 += dot(w3, v);
    }
    {
      let v = x4(base5, k4, lane, key5);
      sum5_0 += dot(w0, v);
      sum5_1 += dot(w1, v);
      sum5_2 += dot(w2, v);
      sum5_3 += dot(w3, v);
    }
    {
      let v = x4(base6, k4, lane, key6);
      sum6_0 += dot(w0, v);
      sum6_1 += dot(w1, v);
      sum6_2 += dot(w2, v);
      sum6_3 += dot(w3, v);
    }
    {
      let v = x4(base7, k4, lane, key7);
      sum7_0 += dot(w0, v);
      sum7_1 += dot(w1, v);
      sum7_2 += dot(w2, v);
      sum7_3 += dot(w3, v);
    }
  }
  let factor = LORA_SCALE * dims.strength;
  let s_column = S_COLUMN + part_of(COLUMN0 + first_column) * RANK;
  for (var r4 = 0u; r4 < RANK / 4u; r4++) {
    let b0 = factor * b[(COLUMN0 + column0) * (RANK / 4u) + r4];
    let b1 = factor * b[(COLUMN0 + column1) * (RANK / 4u) + r4];
    let b2 = factor * b[(COLUMN0 + column2) * (RANK / 4u) + r4];
    let b3 = factor * b[(COLUMN0 + column3) * (RANK / 4u) + r4];
    {
      let v = s4(row0 * S_STRIDE + s_column + 4u * r4, lane);
      sum0_0 += dot(b0, v);
      sum0_1 += dot(b1, v);
      sum0_2 += dot(b2, v);
      sum0_3 += dot(b3, v);
    }
    {
      let v = s4(row1 * S_STRIDE + s_column + 4u * r4, lane);
      sum1_0 += dot(b0, v);
      sum1_1 += dot(b1, v);
      sum1_2 += dot(b2, v);
      sum1_3 += dot(b3, v);
    }
    {
      let v = s4(row2 * S_STRIDE + s_column + 4u * r4, lane);
      sum2_0 += dot(b0, v);
      sum2_1 += dot(b1, v);
      sum2_2 += dot(b2, v);
      sum2_3 += dot(b3, v);
    }
    {
      let v = s4(row3 * S_STRIDE + s_column + 4u * r4, lane);
      sum3_0 += dot(b0, v);
      sum3_1 += dot(b1, v);
      sum3_2 += dot(b2, v);
      sum3_3 += dot(b3, v);
    }
    {
      let v = s4(row4 * S_STRIDE + s_column + 4u * r4, lane);
      sum4_0 += dot(b0, v);
      sum4_1 += dot(b1, v);
      sum4_2 += dot(b2, v);
      sum4_3 += dot(b3, v);
    }
    {
      let v = s4(row5 * S_STRIDE + s_column + 4u * r4, lane);
      sum5_0 += dot(b0, v);
      sum5_1 += dot(b1, v);
      sum5_2 += dot(b2, v);
      sum5_3 += dot(b3, v);
    }
    {
      let v = s4(row6 * S_STRIDE + s_column + 4u * r4, lane);
      sum6_0 += dot(b0, v);
      sum6_1 += dot(b1, v);
      sum6_2 += dot(b2, v);
      sum6_3 += dot(b3, v);
    }
    {
      let v = s4(row7 * S_STRIDE + s_column + 4u * r4, lane);
      sum7_0 += dot(b0, v);
      sum7_1 += dot(b1, v);
      sum7_2 += dot(b2, v);
      sum7_3 += dot(b3, v);
    }
  }
  if (first_column + 0u < N) {
    let column = COLUMN0 + first_column + 0u;
    let add = 0.0;
    if (first_row + 0u < dims.rows) {
      let at = row0 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum0_0 + add;
    }
    if (first_row + 1u < dims.rows) {
      let at = row1 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum1_0 + add;
    }
    if (first_row + 2u < dims.rows) {
      let at = row2 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum2_0 + add;
    }
    if (first_row + 3u < dims.rows) {
      let at = row3 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum3_0 + add;
    }
    if (first_row + 4u < dims.rows) {
      let at = row4 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum4_0 + add;
    }
    if (first_row + 5u < dims.rows) {
      let at = row5 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum5_0 + add;
    }
    if (first_row + 6u < dims.rows) {
      let at = row6 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum6_0 + add;
    }
    if (first_row + 7u < dims.rows) {
      let at = row7 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum7_0 + add;
    }
  }
  if (first_column + 1u < N) {
    let column = COLUMN0 + first_column + 1u;
    let add = 0.0;
    if (first_row + 0u < dims.rows) {
      let at = row0 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum0_1 + add;
    }
    if (first_row + 1u < dims.rows) {
      let at = row1 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum1_1 + add;
    }
    if (first_row + 2u < dims.rows) {
      let at = row2 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum2_1 + add;
    }
    if (first_row + 3u < dims.rows) {
      let at = row3 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum3_1 + add;
    }
    if (first_row + 4u < dims.rows) {
      let at = row4 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum4_1 + add;
    }
    if (first_row + 5u < dims.rows) {
      let at = row5 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum5_1 + add;
    }
    if (first_row + 6u < dims.rows) {
      let at = row6 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum6_1 + add;
    }
    if (first_row + 7u < dims.rows) {
      let at = row7 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum7_1 + add;
    }
  }
  if (first_column + 2u < N) {
    let column = COLUMN0 + first_column + 2u;
    let add = 0.0;
    if (first_row + 0u < dims.rows) {
      let at = row0 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum0_2 + add;
    }
    if (first_row + 1u < dims.rows) {
      let at = row1 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum1_2 + add;
    }
    if (first_row + 2u < dims.rows) {
      let at = row2 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum2_2 + add;
    }
    if (first_row + 3u < dims.rows) {
      let at = row3 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum3_2 + add;
    }
    if (first_row + 4u < dims.rows) {
      let at = row4 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum4_2 + add;
    }
    if (first_row + 5u < dims.rows) {
      let at = row5 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum5_2 + add;
    }
    if (first_row + 6u < dims.rows) {
      let at = row6 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum6_2 + add;
    }
    if (first_row + 7u < dims.rows) {
      let at = row7 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum7_2 + add;
    }
  }
  if (first_column + 3u < N) {
    let column = COLUMN0 + first_column + 3u;
    let add = 0.0;
    if (first_row + 0u < dims.rows) {
      let at = row0 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum0_3 + add;
    }
    if (first_row + 1u < dims.rows) {
      let at = row1 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum1_3 + add;
    }
    if (first_row + 2u < dims.rows) {
      let at = row2 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum2_3 + add;
    }
    if (first_row + 3u < dims.rows) {
      let at = row3 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum3_3 + add;
    }
    if (first_row + 4u < dims.rows) {
      let at = row4 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum4_3 + add;
    }
    if (first_row + 5u < dims.rows) {
      let at = row5 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum5_3 + add;
    }
    if (first_row + 6u < dims.rows) {
      let at = row6 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum6_3 + add;
    }
    if (first_row + 7u < dims.rows) {
      let at = row7 * Y_STRIDE + Y_COLUMN + column;
      y[at] += sum7_3 + add;
    }
  }
}
