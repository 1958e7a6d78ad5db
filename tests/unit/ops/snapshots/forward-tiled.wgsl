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
const AT_Y: u32 = 3u;
@group(0) @binding(AT_Y) var<storage, read_write> y: array<vec4f>;
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
const AT_S: u32 = 4u;
const AT_B: u32 = 5u;
@group(0) @binding(AT_S) var<storage, read> s: array<vec4f>;
@group(0) @binding(AT_B) var<storage, read> b: array<vec4f>;
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
const Y_VEC: bool = true;
const LEFT_LOADS: u32 = 1u;
const RIGHT_LOADS: u32 = 1u;
const RANK4: u32 = RANK / 4u;
const W_PANELS: u32 = (K4 + DEPTH4 - 1u) / DEPTH4;
const RANK_PANELS: u32 = (RANK4 + DEPTH4 - 1u) / DEPTH4;
fn x4(row: u32, k4: u32, module_key: u32) -> vec4f {
  let at = row * X_STRIDE + X_COLUMN + min(vec4u(0u, 1u, 2u, 3u) + 4u * k4, vec4u(K - 1u));
  var v = vec4f(x[at.x], x[at.y], x[at.z], x[at.w]);
  return v;
}
fn s4(row: u32, part: u32, r4: u32) -> vec4f {
  return s[row * (S_STRIDE / 4u) + S_COLUMN / 4u + part * RANK4 + min(r4, RANK4 - 1u)];
}
fn b4(column: u32, part: u32, r4: u32) -> vec4f {
  let v = b[column * RANK4 + min(r4, RANK4 - 1u)];
  return select(vec4f(), v, (r4 < RANK4) & (part_of(column) == part));
}
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
  let right_four0 = (thread + 0u * THREADS) / DEPTH4;
  let right_d0 = (thread + 0u * THREADS) % DEPTH4;
  var right0_0 = vec4f();
  var right0_1 = vec4f();
  var right0_2 = vec4f();
  var right0_3 = vec4f();
  let first_row = group.y * TILE_ROWS;
  let first_column = group.x * TILE_COLUMNS;
  let last_row = dims.rows - 1u;
  let row0_0 = min(first_row + 4u * left_four0 + 0u, last_row);
  let row0_1 = min(first_row + 4u * left_four0 + 1u, last_row);
  let row0_2 = min(first_row + 4u * left_four0 + 2u, last_row);
  let row0_3 = min(first_row + 4u * left_four0 + 3u, last_row);
  let column0_0 = min(first_column + 4u * right_four0 + 0u, N - 1u);
  let column0_1 = min(first_column + 4u * right_four0 + 1u, N - 1u);
  let column0_2 = min(first_column + 4u * right_four0 + 2u, N - 1u);
  let column0_3 = min(first_column + 4u * right_four0 + 3u, N - 1u);
  let module_key = 0u;
  let factor = LORA_SCALE * dims.strength;
  let first_part = part_of(COLUMN0 + first_column);
  let last_part = part_of(COLUMN0 + min(first_column + TILE_COLUMNS, N) - 1u);
  let panels = W_PANELS + (last_part - first_part + 1u) * RANK_PANELS;
  for (var panel = 0u; panel < panels + 1u; panel++) {
  if (panel < W_PANELS) {
    left0_0 = x4(row0_0, panel * DEPTH4 + left_d0, module_key);
    left0_1 = x4(row0_1, panel * DEPTH4 + left_d0, module_key);
    left0_2 = x4(row0_2, panel * DEPTH4 + left_d0, module_key);
    left0_3 = x4(row0_3, panel * DEPTH4 + left_d0, module_key);
    let k4_0 = panel * DEPTH4 + right_d0;
    right0_0 = select(vec4f(), weight4(ROW0 + column0_0, min(k4_0, K4 - 1u)), k4_0 < K4);
    right0_1 = select(vec4f(), weight4(ROW0 + column0_1, min(k4_0, K4 - 1u)), k4_0 < K4);
    right0_2 = select(vec4f(), weight4(ROW0 + column0_2, min(k4_0, K4 - 1u)), k4_0 < K4);
    right0_3 = select(vec4f(), weight4(ROW0 + column0_3, min(k4_0, K4 - 1u)), k4_0 < K4);
  }
  if (panel >= W_PANELS && panel < panels) {
    let part = first_part + (panel - W_PANELS) / RANK_PANELS;
    let r4 = (panel - W_PANELS) % RANK_PANELS * DEPTH4;
    left0_0 = s4(row0_0, part, r4 + left_d0);
    left0_1 = s4(row0_1, part, r4 + left_d0);
    left0_2 = s4(row0_2, part, r4 + left_d0);
    left0_3 = s4(row0_3, part, r4 + left_d0);
    right0_0 = factor * b4(COLUMN0 + column0_0, part, r4 + right_d0);
    right0_1 = factor * b4(COLUMN0 + column0_1, part, r4 + right_d0);
    right0_2 = factor * b4(COLUMN0 + column0_2, part, r4 + right_d0);
    right0_3 = factor * b4(COLUMN0 + column0_3, part, r4 + right_d0);
  }
    if (panel > 0u) {
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
    }
    if (panel == panels) { break; }
    workgroupBarrier();
    if (left_four0 < ROWS4) {
      put_left(4u * left_d0 + 0u, left_four0, vec4f(left0_0[0], left0_1[0], left0_2[0], left0_3[0]));
      put_left(4u * left_d0 + 1u, left_four0, vec4f(left0_0[1], left0_1[1], left0_2[1], left0_3[1]));
      put_left(4u * left_d0 + 2u, left_four0, vec4f(left0_0[2], left0_1[2], left0_2[2], left0_3[2]));
      put_left(4u * left_d0 + 3u, left_four0, vec4f(left0_0[3], left0_1[3], left0_2[3], left0_3[3]));
    }
    if (right_four0 < COLUMNS4) {
      put_right(4u * right_d0 + 0u, right_four0, vec4f(right0_0[0], right0_1[0], right0_2[0], right0_3[0]));
      put_right(4u * right_d0 + 1u, right_four0, vec4f(right0_0[1], right0_1[1], right0_2[1], right0_3[1]));
      put_right(4u * right_d0 + 2u, right_four0, vec4f(right0_0[2], right0_1[2], right0_2[2], right0_3[2]));
      put_right(4u * right_d0 + 3u, right_four0, vec4f(right0_0[3], right0_1[3], right0_2[3], right0_3[3]));
    }
    workgroupBarrier();
  }
  {
    let row = first_row + 4u * (thread_y + 0u * THREADS_Y) + 0u;
    if (row < dims.rows) {
      {
        let n4 = first_column / 4u + thread_x + 0u * THREADS_X;
        if (n4 < N / 4u) {
          let column4 = COLUMN0 / 4u + n4;
          var value = sum0_0_0;
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] += value;
        }
      }
    }
  }
  {
    let row = first_row + 4u * (thread_y + 0u * THREADS_Y) + 1u;
    if (row < dims.rows) {
      {
        let n4 = first_column / 4u + thread_x + 0u * THREADS_X;
        if (n4 < N / 4u) {
          let column4 = COLUMN0 / 4u + n4;
          var value = sum0_1_0;
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] += value;
        }
      }
    }
  }
  {
    let row = first_row + 4u * (thread_y + 0u * THREADS_Y) + 2u;
    if (row < dims.rows) {
      {
        let n4 = first_column / 4u + thread_x + 0u * THREADS_X;
        if (n4 < N / 4u) {
          let column4 = COLUMN0 / 4u + n4;
          var value = sum0_2_0;
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] += value;
        }
      }
    }
  }
  {
    let row = first_row + 4u * (thread_y + 0u * THREADS_Y) + 3u;
    if (row < dims.rows) {
      {
        let n4 = first_column / 4u + thread_x + 0u * THREADS_X;
        if (n4 < N / 4u) {
          let column4 = COLUMN0 / 4u + n4;
          var value = sum0_3_0;
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] += value;
        }
      }
    }
  }
}
