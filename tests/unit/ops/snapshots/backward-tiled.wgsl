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
fn nf4_values(q: vec4u) -> vec4f {
  let b0 = (q & vec4u(1u)) != vec4u();
  let b1 = (q & vec4u(2u)) != vec4u();
  let b2 = (q & vec4u(4u)) != vec4u();
  let low = select(
    select(nf4_pair(-1.0, -0.6961928009986877, b0), nf4_pair(-0.5250730514526367, -0.39491748809814453, b0), b1),
    select(nf4_pair(-0.28444138169288635, -0.18477343022823334, b0), nf4_pair(-0.09105003625154495, 0.0, b0), b1),
    b2);
  let high = select(
    select(nf4_pair(0.07958029955625534, 0.16093020141124725, b0), nf4_pair(0.24611230194568634, 0.33791524171829224, b0), b1),
    select(nf4_pair(0.44070982933044434, 0.5626170039176941, b0), nf4_pair(0.7229568362236023, 1.0, b0), b1),
    b2);
  return select(low, high, (q & vec4u(8u)) != vec4u());
}
fn nf4_pair(even: f32, odd: f32, is_odd: vec4<bool>) -> vec4f {
  return select(vec4f(even), vec4f(odd), is_odd);
}
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<u32>;
fn block_of(row: u32, k4: u32) -> u32 { return row * (K / BLOCK) + k4 / (BLOCK / 4u); }
fn scale_of(row: u32, k4: u32) -> vec2f {
  return vec2f(scales[block_of(row, k4)], 0.0);
}
@group(0) @binding(AT_SCALES) var<storage, read> scales: array<f32>;
fn nibbles(row: u32, k4: u32) -> vec4u {
  let word = weight[row * (K / 8u) + k4 / 2u] >> (16u * (k4 % 2u));
  return (vec4u(word) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u);
}
fn weight4_by(scale: vec2f, row: u32, k4: u32) -> vec4f {
  return scale.x * nf4_values(nibbles(row, k4));
}
fn weight4(row: u32, k4: u32) -> vec4f {
  return weight4_by(scale_of(row, k4), row, k4);
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
const AT_DX: u32 = 4u;
@group(0) @binding(AT_DX) var<storage, read_write> dx: array<vec4f>;
const LORA: bool = true;
const RANK: u32 = 8u;
const DS_STRIDE: u32 = 24u;
const DS_COLUMN: u32 = 0u;
const AT_DS: u32 = 5u;
const AT_A: u32 = 6u;
@group(0) @binding(AT_DS) var<storage, read> ds: array<vec4f>;
@group(0) @binding(AT_A) var<storage, read> a: array<vec4f>;
fn a4(row: u32, k4: u32) -> vec4f {
  return a[row * (K / 4u) + k4];
}
const ROW_VECTORS: u32 = 1u;
const COLUMN_VECTORS: u32 = 1u;
const THREADS_X: u32 = 8u;
const THREADS_Y: u32 = 8u;
const DEPTH: u32 = 32u;
const TILE_ROWS: u32 = 4u * ROW_VECTORS * THREADS_Y;
const TILE_COLUMNS: u32 = 4u * COLUMN_VECTORS * THREADS_X;
const ROWS4: u32 = TILE_ROWS / 4u;
const COLUMNS4: u32 = TILE_COLUMNS / 4u;
const DEPTH4: u32 = DEPTH / 4u;
const THREADS: u32 = THREADS_X * THREADS_Y;
const PAD: u32 = 8u / DEPTH4;
const MATRIX: bool = false;
const MATRIX_ROWS: u32 = 4u;
const MATRIX_COLUMNS: u32 = 4u;
var<workgroup> left: array<vec4f, DEPTH * ROWS4 + DEPTH4 * PAD>;
var<workgroup> right: array<vec4f, DEPTH * COLUMNS4 + DEPTH4 * PAD>;
fn left_at(d: u32, m4: u32) -> u32 {
  return d * ROWS4 + d / 4u * PAD + m4;
}
fn right_at(d: u32, n4: u32) -> u32 {
  return d * COLUMNS4 + d / 4u * PAD + n4;
}
fn put_left(d: u32, m4: u32, v: vec4f) {
  left[left_at(d, m4)] = v;
}
fn put_right(d: u32, n4: u32, v: vec4f) {
  right[right_at(d, n4)] = v;
}
const HALF: bool = false;
const DX_VEC: bool = true;
const LEFT_LOADS: u32 = 1u;
const RIGHT_LOADS: u32 = 4u;
const W_PANELS: u32 = (N + DEPTH - 1u) / DEPTH;
const INNER: u32 = RANK;
const INNER_PANELS: u32 = (INNER + DEPTH - 1u) / DEPTH;
fn dy4(row: u32, n: u32) -> vec4f {
  let at = row * DY_STRIDE + DY_COLUMN + min(vec4u(0u, 1u, 2u, 3u) + n, vec4u(N - 1u));
  return vec4f(dy[at.x], dy[at.y], dy[at.z], dy[at.w]);
}
fn ds4(row: u32, r: u32) -> vec4f {
  return ds[row * (DS_STRIDE / 4u) + DS_COLUMN / 4u + r / 4u];
}
fn left4(d: u32, m4: u32) -> vec4f { return left[left_at(d, m4)]; }
fn right4(d: u32, n4: u32) -> vec4f { return right[right_at(d, n4)]; }
@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let thread_x = thread % THREADS_X;
  let thread_y = thread / THREADS_X;
  var sum0_0_0 = vec4f();
  var sum0_1_0 = vec4f();
  var sum0_2_0 = vec4f();
  var sum0_3_0 = vec4f();
  let left_four0 = (thread + 0u * THREADS) / DEPTH4;
  let left_d0 = (thread + 0u * THREADS) % DEPTH4;
  var left0_0 = vec4f();
  var left0_1 = vec4f();
  var left0_2 = vec4f();
  var left0_3 = vec4f();
  let right_d0 = (thread + 0u * THREADS) / COLUMNS4;
  let right_four0 = (thread + 0u * THREADS) % COLUMNS4;
  var right0 = vec4f();
  let right_d1 = (thread + 1u * THREADS) / COLUMNS4;
  let right_four1 = (thread + 1u * THREADS) % COLUMNS4;
  var right1 = vec4f();
  let right_d2 = (thread + 2u * THREADS) / COLUMNS4;
  let right_four2 = (thread + 2u * THREADS) % COLUMNS4;
  var right2 = vec4f();
  let right_d3 = (thread + 3u * THREADS) / COLUMNS4;
  let right_four3 = (thread + 3u * THREADS) % COLUMNS4;
  var right3 = vec4f();
  let first_row = group.y * TILE_ROWS;
  let first_vector = group.x * COLUMNS4;
  let last_row = dims.rows - 1u;
  let row0_0 = min(first_row + 4u * left_four0 + 0u, last_row);
  let row0_1 = min(first_row + 4u * left_four0 + 1u, last_row);
  let row0_2 = min(first_row + 4u * left_four0 + 2u, last_row);
  let row0_3 = min(first_row + 4u * left_four0 + 3u, last_row);
  let vector0 = min(first_vector + right_four0, K4 - 1u);
  let vector1 = min(first_vector + right_four1, K4 - 1u);
  let vector2 = min(first_vector + right_four2, K4 - 1u);
  let vector3 = min(first_vector + right_four3, K4 - 1u);
  const panels = W_PANELS + PARTS * INNER_PANELS;
  for (var panel = 0u; panel < panels + 1u; panel++) {
  if (panel < W_PANELS) {
    left0_0 = dy4(row0_0, panel * DEPTH + 4u * left_d0);
    left0_1 = dy4(row0_1, panel * DEPTH + 4u * left_d0);
    left0_2 = dy4(row0_2, panel * DEPTH + 4u * left_d0);
    left0_3 = dy4(row0_3, panel * DEPTH + 4u * left_d0);
    let n0 = panel * DEPTH + right_d0;
    right0 = select(vec4f(), SCALE * weight4(ROW0 + min(n0, N - 1u), vector0), n0 < N);
    let n1 = panel * DEPTH + right_d1;
    right1 = select(vec4f(), SCALE * weight4(ROW0 + min(n1, N - 1u), vector1), n1 < N);
    let n2 = panel * DEPTH + right_d2;
    right2 = select(vec4f(), SCALE * weight4(ROW0 + min(n2, N - 1u), vector2), n2 < N);
    let n3 = panel * DEPTH + right_d3;
    right3 = select(vec4f(), SCALE * weight4(ROW0 + min(n3, N - 1u), vector3), n3 < N);
  }
  if (panel >= W_PANELS && panel < panels) {
    let inner = (panel - W_PANELS) / INNER_PANELS * INNER;
    let r = (panel - W_PANELS) % INNER_PANELS * DEPTH;
    left0_0 = ds4(row0_0, inner + min(r + 4u * left_d0, INNER - 4u));
    left0_1 = ds4(row0_1, inner + min(r + 4u * left_d0, INNER - 4u));
    left0_2 = ds4(row0_2, inner + min(r + 4u * left_d0, INNER - 4u));
    left0_3 = ds4(row0_3, inner + min(r + 4u * left_d0, INNER - 4u));
    right0 = select(vec4f(), a4(inner + min(r + right_d0, INNER - 1u), vector0), r + right_d0 < INNER);
    right1 = select(vec4f(), a4(inner + min(r + right_d1, INNER - 1u), vector1), r + right_d1 < INNER);
    right2 = select(vec4f(), a4(inner + min(r + right_d2, INNER - 1u), vector2), r + right_d2 < INNER);
    right3 = select(vec4f(), a4(inner + min(r + right_d3, INNER - 1u), vector3), r + right_d3 < INNER);
  }
    if (panel > 0u) {
      if (panel <= W_PANELS) {
  for (var d4 = 0u; d4 < DEPTH4; d4++) {
    let left_row = d4 * (4u * ROWS4 + PAD) + thread_y;
    let right_row = d4 * (4u * COLUMNS4 + PAD) + thread_x;
    {
      let r0 = right[right_row + 0u * COLUMNS4 + 0u * THREADS_X];
      let l0 = left[left_row + 0u * ROWS4 + 0u * THREADS_Y];
      sum0_0_0 += l0[0] * r0;
      sum0_1_0 += l0[1] * r0;
      sum0_2_0 += l0[2] * r0;
      sum0_3_0 += l0[3] * r0;
    }
    {
      let r0 = right[right_row + 1u * COLUMNS4 + 0u * THREADS_X];
      let l0 = left[left_row + 1u * ROWS4 + 0u * THREADS_Y];
      sum0_0_0 += l0[0] * r0;
      sum0_1_0 += l0[1] * r0;
      sum0_2_0 += l0[2] * r0;
      sum0_3_0 += l0[3] * r0;
    }
    {
      let r0 = right[right_row + 2u * COLUMNS4 + 0u * THREADS_X];
      let l0 = left[left_row + 2u * ROWS4 + 0u * THREADS_Y];
      sum0_0_0 += l0[0] * r0;
      sum0_1_0 += l0[1] * r0;
      sum0_2_0 += l0[2] * r0;
      sum0_3_0 += l0[3] * r0;
    }
    {
      let r0 = right[right_row + 3u * COLUMNS4 + 0u * THREADS_X];
      let l0 = left[left_row + 3u * ROWS4 + 0u * THREADS_Y];
      sum0_0_0 += l0[0] * r0;
      sum0_1_0 += l0[1] * r0;
      sum0_2_0 += l0[2] * r0;
      sum0_3_0 += l0[3] * r0;
    }
  }
      } else {
  {
    let key = dropout_module_key(PART_MODULE[(panel - 1u - W_PANELS) / INNER_PANELS]);
    {
      var part0 = vec4f();
      var part1 = vec4f();
      var part2 = vec4f();
      var part3 = vec4f();
      for (var d = 0u; d < DEPTH; d++) {
        let l = left4(d, thread_y + 0u * THREADS_Y);
        let r = right4(d, thread_x + 0u * THREADS_X);
        part0 += l[0] * r;
        part1 += l[1] * r;
        part2 += l[2] * r;
        part3 += l[3] * r;
      }
      let row = first_row + 4u * (thread_y + 0u * THREADS_Y);
      let column = 4u * (first_vector + thread_x + 0u * THREADS_X);
      sum0_0_0 += part0 * dropout_mask4(dropout_row_key(key, row + 0u), column);
      sum0_1_0 += part1 * dropout_mask4(dropout_row_key(key, row + 1u), column);
      sum0_2_0 += part2 * dropout_mask4(dropout_row_key(key, row + 2u), column);
      sum0_3_0 += part3 * dropout_mask4(dropout_row_key(key, row + 3u), column);
      workgroupBarrier();
    }
  }
      }
    }
    if (panel == panels) { break; }
    workgroupBarrier();
    if (left_four0 < ROWS4) {
      put_left(4u * left_d0 + 0u, left_four0, vec4f(left0_0[0], left0_1[0], left0_2[0], left0_3[0]));
      put_left(4u * left_d0 + 1u, left_four0, vec4f(left0_0[1], left0_1[1], left0_2[1], left0_3[1]));
      put_left(4u * left_d0 + 2u, left_four0, vec4f(left0_0[2], left0_1[2], left0_2[2], left0_3[2]));
      put_left(4u * left_d0 + 3u, left_four0, vec4f(left0_0[3], left0_1[3], left0_2[3], left0_3[3]));
    }
    if (right_d0 < DEPTH) { put_right(right_d0, right_four0, right0); }
    if (right_d1 < DEPTH) { put_right(right_d1, right_four1, right1); }
    if (right_d2 < DEPTH) { put_right(right_d2, right_four2, right2); }
    if (right_d3 < DEPTH) { put_right(right_d3, right_four3, right3); }
    workgroupBarrier();
  }
  {
    let row = first_row + 4u * (thread_y + 0u * THREADS_Y) + 0u;
    if (row < dims.rows) {
      {
        let column4 = first_vector + thread_x + 0u * THREADS_X;
        let at = row * (DX_STRIDE / 4u) + DX_COLUMN / 4u + column4;
        if (column4 < K4) {
          dx[at] += sum0_0_0;
        }
      }
    }
  }
  {
    let row = first_row + 4u * (thread_y + 0u * THREADS_Y) + 1u;
    if (row < dims.rows) {
      {
        let column4 = first_vector + thread_x + 0u * THREADS_X;
        let at = row * (DX_STRIDE / 4u) + DX_COLUMN / 4u + column4;
        if (column4 < K4) {
          dx[at] += sum0_1_0;
        }
      }
    }
  }
  {
    let row = first_row + 4u * (thread_y + 0u * THREADS_Y) + 2u;
    if (row < dims.rows) {
      {
        let column4 = first_vector + thread_x + 0u * THREADS_X;
        let at = row * (DX_STRIDE / 4u) + DX_COLUMN / 4u + column4;
        if (column4 < K4) {
          dx[at] += sum0_2_0;
        }
      }
    }
  }
  {
    let row = first_row + 4u * (thread_y + 0u * THREADS_Y) + 3u;
    if (row < dims.rows) {
      {
        let column4 = first_vector + thread_x + 0u * THREADS_X;
        let at = row * (DX_STRIDE / 4u) + DX_COLUMN / 4u + column4;
        if (column4 < K4) {
          dx[at] += sum0_3_0;
        }
      }
    }
  }
}
