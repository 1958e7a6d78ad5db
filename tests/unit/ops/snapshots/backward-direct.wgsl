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
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<vec2u>;
fn weight4(row: u32, k4: u32) -> vec4f {
  let pair = weight[row * (K / 4u) + k4];
  return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
}
const PARTS: u32 = 3u;
const PART_BEGIN = array<u32, 3>(0u, 64u, 128u);
const PART_END = array<u32, 3>(64u, 128u, 192u);
const PART_MODULE = array<u32, 3>(0u, 1u, 2u);
fn part_of(column: u32) -> u32 {
  var part = 0u;
  for (var p = 1u; p < PARTS; p++) {
    if (column >= PART_BEGIN[p]) {
      part = p;
    }
  }
  return part;
}
const DROPOUT_THRESHOLD: u32 = 429496729u;
const DROPOUT_KEEP: f32 = 1.1111111640930176;
fn mix_bits(value: u32) -> u32 {
  var v = value;
  v = (v ^ (v >> 16u)) * 0x21f0aaadu;
  v = (v ^ (v >> 15u)) * 0xd35a2d97u;
  return v ^ (v >> 15u);
}
fn dropout_module_key(number: u32) -> u32 {
  return mix_bits(mix_bits(mix_bits(mix_bits(dims.seed) ^ dims.step) ^ dims.micro) ^ (dims.first_module + number));
}
fn dropout_row_key(module_key: u32, row: u32) -> u32 {
  return mix_bits(module_key ^ row);
}
fn dropout_mask(row_key: u32, column: u32) -> f32 {
  return select(0.0, DROPOUT_KEEP, mix_bits(row_key ^ column) >= DROPOUT_THRESHOLD);
}
fn dropout_mask4(row_key: u32, column: u32) -> vec4f {
  return vec4f(
    dropout_mask(row_key, column),
    dropout_mask(row_key, column + 1u),
    dropout_mask(row_key, column + 2u),
    dropout_mask(row_key, column + 3u),
  );
}
const DROPOUT: bool = true;
const SCALE: f32 = 1.0;
const ROW0: u32 = 0u;
const N: u32 = 192u;
const K4: u32 = (K + 3u) / 4u;
const N4: u32 = (N + 3u) / 4u;
const DY_STRIDE: u32 = 195u;
const DY_COLUMN: u32 = 1u;
const DY_VEC: bool = false;
const AT_DY: u32 = 1u;
@group(0) @binding(AT_DY) var<storage, read> dy: array<f32>;
const ACCUMULATE: bool = true;
const DX_STRIDE: u32 = 128u;
const DX_COLUMN: u32 = 0u;
const AT_DX: u32 = 3u;
@group(0) @binding(AT_DX) var<storage, read_write> dx: array<f32>;
const LORA: bool = true;
const RANK: u32 = 8u;
const DS_STRIDE: u32 = 24u;
const DS_COLUMN: u32 = 0u;
const AT_DS: u32 = 4u;
const AT_A: u32 = 5u;
@group(0) @binding(AT_DS) var<storage, read> ds: array<vec4f>;
@group(0) @binding(AT_A) var<storage, read> a: array<vec4f>;
fn a4(row: u32, k4: u32) -> vec4f {
  return a[row * (K / 4u) + k4];
}
const QUAD: bool = false;
const ROWS_TILE: u32 = 8u;
const VECTORS: u32 = 1u;
const GROUPS: u32 = 4u;
fn dy4(base: u32, n4: u32, lane: u32) -> vec4f {
  let n = vec4u(0u, 1u, 2u, 3u) + 4u * n4;
  let at = base + min(n, vec4u(N - 1u));
  return select(vec4f(), vec4f(dy[at.x], dy[at.y], dy[at.z], dy[at.w]), n < vec4u(N));
}
@compute @workgroup_size(4, GROUPS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let first_row = group.y * ROWS_TILE;
  let first_vector = ((group.x * GROUPS + local.y) * 4u + lane) * VECTORS;
  let last_row = dims.rows - 1u;
  let row0 = min(first_row + 0u, last_row);
  let base0 = row0 * DY_STRIDE + DY_COLUMN;
  var sum0_0 = vec4f();
  let row1 = min(first_row + 1u, last_row);
  let base1 = row1 * DY_STRIDE + DY_COLUMN;
  var sum1_0 = vec4f();
  let row2 = min(first_row + 2u, last_row);
  let base2 = row2 * DY_STRIDE + DY_COLUMN;
  var sum2_0 = vec4f();
  let row3 = min(first_row + 3u, last_row);
  let base3 = row3 * DY_STRIDE + DY_COLUMN;
  var sum3_0 = vec4f();
  let row4 = min(first_row + 4u, last_row);
  let base4 = row4 * DY_STRIDE + DY_COLUMN;
  var sum4_0 = vec4f();
  let row5 = min(first_row + 5u, last_row);
  let base5 = row5 * DY_STRIDE + DY_COLUMN;
  var sum5_0 = vec4f();
  let row6 = min(first_row + 6u, last_row);
  let base6 = row6 * DY_STRIDE + DY_COLUMN;
  var sum6_0 = vec4f();
  let row7 = min(first_row + 7u, last_row);
  let base7 = row7 * DY_STRIDE + DY_COLUMN;
  var sum7_0 = vec4f();
  let vector0 = min(first_vector + 0u, K4 - 1u);
  for (var n4 = 0u; n4 < N4; n4++) {
    let n0 = ROW0 + min(4u * n4 + 0u, N - 1u);
    let w0_0 = weight4(n0, vector0);
    let n1 = ROW0 + min(4u * n4 + 1u, N - 1u);
    let w1_0 = weight4(n1, vector0);
    let n2 = ROW0 + min(4u * n4 + 2u, N - 1u);
    let w2_0 = weight4(n2, vector0);
    let n3 = ROW0 + min(4u * n4 + 3u, N - 1u);
    let w3_0 = weight4(n3, vector0);
    {
      let d = dy4(base0, n4, lane);
      sum0_0 += d.x * w0_0 + d.y * w1_0 + d.z * w2_0 + d.w * w3_0;
    }
    {
      let d = dy4(base1, n4, lane);
      sum1_0 += d.x * w0_0 + d.y * w1_0 + d.z * w2_0 + d.w * w3_0;
    }
    {
      let d = dy4(base2, n4, lane);
      sum2_0 += d.x * w0_0 + d.y * w1_0 + d.z * w2_0 + d.w * w3_0;
    }
    {
      let d = dy4(base3, n4, lane);
      sum3_0 += d.x * w0_0 + d.y * w1_0 + d.z * w2_0 + d.w * w3_0;
    }
    {
      let d = dy4(base4, n4, lane);
      sum4_0 += d.x * w0_0 + d.y * w1_0 + d.z * w2_0 + d.w * w3_0;
    }
    {
      let d = dy4(base5, n4, lane);
      sum5_0 += d.x * w0_0 + d.y * w1_0 + d.z * w2_0 + d.w * w3_0;
    }
    {
      let d = dy4(base6, n4, lane);
      sum6_0 += d.x * w0_0 + d.y * w1_0 + d.z * w2_0 + d.w * w3_0;
    }
    {
      let d = dy4(base7, n4, lane);
      sum7_0 += d.x * w0_0 + d.y * w1_0 + d.z * w2_0 + d.w * w3_0;
    }
  }
  sum0_0 *= SCALE;
  sum1_0 *= SCALE;
  sum2_0 *= SCALE;
  sum3_0 *= SCALE;
  sum4_0 *= SCALE;
  sum5_0 *= SCALE;
  sum6_0 *= SCALE;
  sum7_0 *= SCALE;
  for (var part = 0u; part < PARTS; part++) {
    let module_key = dropout_module_key(PART_MODULE[part]);
    var part_sum0_0 = vec4f();
    var part_sum1_0 = vec4f();
    var part_sum2_0 = vec4f();
    var part_sum3_0 = vec4f();
    var part_sum4_0 = vec4f();
    var part_sum5_0 = vec4f();
    var part_sum6_0 = vec4f();
    var part_sum7_0 = vec4f();
    for (var r = 0u; r < RANK; r += 4u) {
      let a0_0 = a4(part * RANK + r + 0u, vector0);
      let a1_0 = a4(part * RANK + r + 1u, vector0);
      let a2_0 = a4(part * RANK + r + 2u, vector0);
      let a3_0 = a4(part * RANK + r + 3u, vector0);
      {
        let d = ds[row0 * (DS_STRIDE / 4u) + (DS_COLUMN + part * RANK + r) / 4u];
        part_sum0_0 += d.x * a0_0 + d.y * a1_0 + d.z * a2_0 + d.w * a3_0;
      }
      {
        let d = ds[row1 * (DS_STRIDE / 4u) + (DS_COLUMN + part * RANK + r) / 4u];
        part_sum1_0 += d.x * a0_0 + d.y * a1_0 + d.z * a2_0 + d.w * a3_0;
      }
      {
        let d = ds[row2 * (DS_STRIDE / 4u) + (DS_COLUMN + part * RANK + r) / 4u];
        part_sum2_0 += d.x * a0_0 + d.y * a1_0 + d.z * a2_0 + d.w * a3_0;
      }
      {
        let d = ds[row3 * (DS_STRIDE / 4u) + (DS_COLUMN + part * RANK + r) / 4u];
        part_sum3_0 += d.x * a0_0 + d.y * a1_0 + d.z * a2_0 + d.w * a3_0;
      }
      {
        let d = ds[row4 * (DS_STRIDE / 4u) + (DS_COLUMN + part * RANK + r) / 4u];
        part_sum4_0 += d.x * a0_0 + d.y * a1_0 + d.z * a2_0 + d.w * a3_0;
      }
      {
        let d = ds[row5 * (DS_STRIDE / 4u) + (DS_COLUMN + part * RANK + r) / 4u];
        part_sum5_0 += d.x * a0_0 + d.y * a1_0 + d.z * a2_0 + d.w * a3_0;
      }
      {
        let d = ds[row6 * (DS_STRIDE / 4u) + (DS_COLUMN + part * RANK + r) / 4u];
        part_sum6_0 += d.x * a0_0 + d.y * a1_0 + d.z * a2_0 + d.w * a3_0;
      }
      {
        let d = ds[row7 * (DS_STRIDE / 4u) + (DS_COLUMN + part * RANK + r) / 4u];
        part_sum7_0 += d.x * a0_0 + d.y * a1_0 + d.z * a2_0 + d.w * a3_0;
      }
    }
    {
      let key = dropout_row_key(module_key, row0);
      sum0_0 += part_sum0_0 * dropout_mask4(key, 4u * vector0);
    }
    {
      let key = dropout_row_key(module_key, row1);
      sum1_0 += part_sum1_0 * dropout_mask4(key, 4u * vector0);
    }
    {
      let key = dropout_row_key(module_key, row2);
      sum2_0 += part_sum2_0 * dropout_mask4(key, 4u * vector0);
    }
    {
      let key = dropout_row_key(module_key, row3);
      sum3_0 += part_sum3_0 * dropout_mask4(key, 4u * vector0);
    }
    {
      let key = dropout_row_key(module_key, row4);
      sum4_0 += part_sum4_0 * dropout_mask4(key, 4u * vector0);
    }
    {
      let key = dropout_row_key(module_key, row5);
      sum5_0 += part_sum5_0 * dropout_mask4(key, 4u * vector0);
    }
    {
      let key = dropout_row_key(module_key, row6);
      sum6_0 += part_sum6_0 * dropout_mask4(key, 4u * vector0);
    }
    {
      let key = dropout_row_key(module_key, row7);
      sum7_0 += part_sum7_0 * dropout_mask4(key, 4u * vector0);
    }
  }
  if (4u * (first_vector + 0u) + 0u < K) {
    if (first_row + 0u < dims.rows) {
      let at = row0 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 0u;
      dx[at] += sum0_0[0];
    }
    if (first_row + 1u < dims.rows) {
      let at = row1 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 0u;
      dx[at] += sum1_0[0];
    }
    if (first_row + 2u < dims.rows) {
      let at = row2 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 0u;
      dx[at] += sum2_0[0];
    }
    if (first_row + 3u < dims.rows) {
      let at = row3 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 0u;
      dx[at] += sum3_0[0];
    }
    if (first_row + 4u < dims.rows) {
      let at = row4 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 0u;
      dx[at] += sum4_0[0];
    }
    if (first_row + 5u < dims.rows) {
      let at = row5 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 0u;
      dx[at] += sum5_0[0];
    }
    if (first_row + 6u < dims.rows) {
      let at = row6 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 0u;
      dx[at] += sum6_0[0];
    }
    if (first_row + 7u < dims.rows) {
      let at = row7 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 0u;
      dx[at] += sum7_0[0];
    }
  }
  if (4u * (first_vector + 0u) + 1u < K) {
    if (first_row + 0u < dims.rows) {
      let at = row0 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 1u;
      dx[at] += sum0_0[1];
    }
    if (first_row + 1u < dims.rows) {
      let at = row1 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 1u;
      dx[at] += sum1_0[1];
    }
    if (first_row + 2u < dims.rows) {
      let at = row2 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 1u;
      dx[at] += sum2_0[1];
    }
    if (first_row + 3u < dims.rows) {
      let at = row3 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 1u;
      dx[at] += sum3_0[1];
    }
    if (first_row + 4u < dims.rows) {
      let at = row4 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 1u;
      dx[at] += sum4_0[1];
    }
    if (first_row + 5u < dims.rows) {
      let at = row5 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 1u;
      dx[at] += sum5_0[1];
    }
    if (first_row + 6u < dims.rows) {
      let at = row6 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 1u;
      dx[at] += sum6_0[1];
    }
    if (first_row + 7u < dims.rows) {
      let at = row7 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 1u;
      dx[at] += sum7_0[1];
    }
  }
  if (4u * (first_vector + 0u) + 2u < K) {
    if (first_row + 0u < dims.rows) {
      let at = row0 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 2u;
      dx[at] += sum0_0[2];
    }
    if (first_row + 1u < dims.rows) {
      let at = row1 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 2u;
      dx[at] += sum1_0[2];
    }
    if (first_row + 2u < dims.rows) {
      let at = row2 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 2u;
      dx[at] += sum2_0[2];
    }
    if (first_row + 3u < dims.rows) {
      let at = row3 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 2u;
      dx[at] += sum3_0[2];
    }
    if (first_row + 4u < dims.rows) {
      let at = row4 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 2u;
      dx[at] += sum4_0[2];
    }
    if (first_row + 5u < dims.rows) {
      let at = row5 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 2u;
      dx[at] += sum5_0[2];
    }
    if (first_row + 6u < dims.rows) {
      let at = row6 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 2u;
      dx[at] += sum6_0[2];
    }
    if (first_row + 7u < dims.rows) {
      let at = row7 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 2u;
      dx[at] += sum7_0[2];
    }
  }
  if (4u * (first_vector + 0u) + 3u < K) {
    if (first_row + 0u < dims.rows) {
      let at = row0 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 3u;
      dx[at] += sum0_0[3];
    }
    if (first_row + 1u < dims.rows) {
      let at = row1 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 3u;
      dx[at] += sum1_0[3];
    }
    if (first_row + 2u < dims.rows) {
      let at = row2 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 3u;
      dx[at] += sum2_0[3];
    }
    if (first_row + 3u < dims.rows) {
      let at = row3 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 3u;
      dx[at] += sum3_0[3];
    }
    if (first_row + 4u < dims.rows) {
      let at = row4 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 3u;
      dx[at] += sum4_0[3];
    }
    if (first_row + 5u < dims.rows) {
      let at = row5 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 3u;
      dx[at] += sum5_0[3];
    }
    if (first_row + 6u < dims.rows) {
      let at = row6 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 3u;
      dx[at] += sum6_0[3];
    }
    if (first_row + 7u < dims.rows) {
      let at = row7 * DX_STRIDE + DX_COLUMN + 4u * (first_vector + 0u) + 3u;
      dx[at] += sum7_0[3];
    }
  }
}
