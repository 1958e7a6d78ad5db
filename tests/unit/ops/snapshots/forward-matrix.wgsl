enable chromium_experimental_subgroup_matrix;
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
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<vec4f>;
fn weight4(row: u32, k4: u32) -> vec4f {
  return weight[row * (K / 4u) + k4];
}
const PARTS: u32 = 1u;
const PART_BEGIN = array<u32, 1>(0u);
const PART_END = array<u32, 1>(64u);
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
const X_STRIDE: u32 = 128u;
const X_COLUMN: u32 = 0u;
const X_VEC: bool = true;
const AT_X: u32 = 1u;
@group(0) @binding(AT_X) var<storage, read> x: array<vec4f>;
const Y_STRIDE: u32 = 192u;
const Y_COLUMN: u32 = 0u;
const AT_Y: u32 = 3u;
@group(0) @binding(AT_Y) var<storage, read_write> y: array<vec4f>;
const BIAS: bool = true;
const AT_BIAS: u32 = 4u;
@group(0) @binding(AT_BIAS) var<storage, read> bias: array<vec4f>;
const RESIDUAL: bool = true;
const RESIDUAL_IN_PLACE: bool = false;
const RESIDUAL_STRIDE: u32 = 192u;
const RESIDUAL_COLUMN: u32 = 0u;
const AT_RESIDUAL: u32 = 5u;
@group(0) @binding(AT_RESIDUAL) var<storage, read> residual: array<vec4f>;
const LORA: bool = false;
const RANK: u32 = 16u;
const LORA_SCALE: f32 = 1.0;
const S_STRIDE: u32 = 16u;
const S_COLUMN: u32 = 0u;
const AT_S: u32 = 6u;
const AT_B: u32 = 7u;
const ROW_VECTORS: u32 = 2u;
const COLUMN_VECTORS: u32 = 1u;
const THREADS_X: u32 = 8u;
const THREADS_Y: u32 = 4u;
const DEPTH: u32 = 16u;
const TILE_ROWS: u32 = 4u * ROW_VECTORS * THREADS_Y;
const TILE_COLUMNS: u32 = 4u * COLUMN_VECTORS * THREADS_X;
const ROWS4: u32 = TILE_ROWS / 4u;
const COLUMNS4: u32 = TILE_COLUMNS / 4u;
const DEPTH4: u32 = DEPTH / 4u;
const THREADS: u32 = THREADS_X * THREADS_Y;
const PAD: u32 = 8u / DEPTH4;
const MATRIX: bool = true;
const MATRIX_ROWS: u32 = 4u;
const MATRIX_COLUMNS: u32 = 4u;
var<workgroup> left: array<f32, DEPTH * TILE_ROWS>;
var<workgroup> right: array<f32, DEPTH * TILE_COLUMNS>;
var<workgroup> products: array<f32, TILE_ROWS * TILE_COLUMNS>;
fn put_left(d: u32, m4: u32, v: vec4f) {
  let at = d * TILE_ROWS + 4u * m4;
  left[at] = v.x;
  left[at + 1u] = v.y;
  left[at + 2u] = v.z;
  left[at + 3u] = v.w;
}
fn put_right(d: u32, n4: u32, v: vec4f) {
  let at = d * TILE_COLUMNS + 4u * n4;
  right[at] = v.x;
  right[at + 1u] = v.y;
  right[at + 2u] = v.z;
  right[at + 3u] = v.w;
}
const HALF: bool = false;
const Y_VEC: bool = true;
const LEFT_LOADS: u32 = 1u;
const RIGHT_LOADS: u32 = 1u;
const RANK4: u32 = RANK / 4u;
const W_PANELS: u32 = (K4 + DEPTH4 - 1u) / DEPTH4;
const RANK_PANELS: u32 = (RANK4 + DEPTH4 - 1u) / DEPTH4;
fn x4(row: u32, k4: u32, module_key: u32) -> vec4f {
  var v = x[row * (X_STRIDE / 4u) + X_COLUMN / 4u + min(k4, K4 - 1u)];
  return v;
}
@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let thread_x = thread % THREADS_X;
  let thread_y = thread / THREADS_X;
  var sum0_0_0 = vec4f();
  var sum0_1_0 = vec4f();
  var sum0_2_0 = vec4f();
  var sum0_3_0 = vec4f();
  var sum1_0_0 = vec4f();
  var sum1_1_0 = vec4f();
  var sum1_2_0 = vec4f();
  var sum1_3_0 = vec4f();
  var product0_0: subgroup_matrix_result<f32, 8, 8>;
  var product0_1: subgroup_matrix_result<f32, 8, 8>;
  var product0_2: subgroup_matrix_result<f32, 8, 8>;
  var product0_3: subgroup_matrix_result<f32, 8, 8>;
  var product1_0: subgroup_matrix_result<f32, 8, 8>;
  var product1_1: subgroup_matrix_result<f32, 8, 8>;
  var product1_2: subgroup_matrix_result<f32, 8, 8>;
  var product1_3: subgroup_matrix_result<f32, 8, 8>;
  var product2_0: subgroup_matrix_result<f32, 8, 8>;
  var product2_1: subgroup_matrix_result<f32, 8, 8>;
  var product2_2: subgroup_matrix_result<f32, 8, 8>;
  var product2_3: subgroup_matrix_result<f32, 8, 8>;
  var product3_0: subgroup_matrix_result<f32, 8, 8>;
  var product3_1: subgroup_matrix_result<f32, 8, 8>;
  var product3_2: subgroup_matrix_result<f32, 8, 8>;
  var product3_3: subgroup_matrix_result<f32, 8, 8>;
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
  const panels = W_PANELS;
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
    if (panel > 0u) {
  for (var d8 = 0u; d8 < DEPTH / 8u; d8++) {
    let d = 8u * d8;
    let r0 = subgroupMatrixLoad<subgroup_matrix_right<f32, 8, 8>, row_major>(&right, d * TILE_COLUMNS + 8u * 0u, TILE_COLUMNS);
    let r1 = subgroupMatrixLoad<subgroup_matrix_right<f32, 8, 8>, row_major>(&right, d * TILE_COLUMNS + 8u * 1u, TILE_COLUMNS);
    let r2 = subgroupMatrixLoad<subgroup_matrix_right<f32, 8, 8>, row_major>(&right, d * TILE_COLUMNS + 8u * 2u, TILE_COLUMNS);
    let r3 = subgroupMatrixLoad<subgroup_matrix_right<f32, 8, 8>, row_major>(&right, d * TILE_COLUMNS + 8u * 3u, TILE_COLUMNS);
    let l0 = subgroupMatrixLoad<subgroup_matrix_left<f32, 8, 8>, col_major>(&left, d * TILE_ROWS + 8u * 0u, TILE_ROWS);
    product0_0 = subgroupMatrixMultiplyAccumulate(l0, r0, product0_0);
    product0_1 = subgroupMatrixMultiplyAccumulate(l0, r1, product0_1);
    product0_2 = subgroupMatrixMultiplyAccumulate(l0, r2, product0_2);
    product0_3 = subgroupMatrixMultiplyAccumulate(l0, r3, product0_3);
    let l1 = subgroupMatrixLoad<subgroup_matrix_left<f32, 8, 8>, col_major>(&left, d * TILE_ROWS + 8u * 1u, TILE_ROWS);
    product1_0 = subgroupMatrixMultiplyAccumulate(l1, r0, product1_0);
    product1_1 = subgroupMatrixMultiplyAccumulate(l1, r1, product1_1);
    product1_2 = subgroupMatrixMultiplyAccumulate(l1, r2, product1_2);
    product1_3 = subgroupMatrixMultiplyAccumulate(l1, r3, product1_3);
    let l2 = subgroupMatrixLoad<subgroup_matrix_left<f32, 8, 8>, col_major>(&left, d * TILE_ROWS + 8u * 2u, TILE_ROWS);
    product2_0 = subgroupMatrixMultiplyAccumulate(l2, r0, product2_0);
    product2_1 = subgroupMatrixMultiplyAccumulate(l2, r1, product2_1);
    product2_2 = subgroupMatrixMultiplyAccumulate(l2, r2, product2_2);
    product2_3 = subgroupMatrixMultiplyAccumulate(l2, r3, product2_3);
    let l3 = subgroupMatrixLoad<subgroup_matrix_left<f32, 8, 8>, col_major>(&left, d * TILE_ROWS + 8u * 3u, TILE_ROWS);
    product3_0 = subgroupMatrixMultiplyAccumulate(l3, r0, product3_0);
    product3_1 = subgroupMatrixMultiplyAccumulate(l3, r1, product3_1);
    product3_2 = subgroupMatrixMultiplyAccumulate(l3, r2, product3_2);
    product3_3 = subgroupMatrixMultiplyAccumulate(l3, r3, product3_3);
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
  subgroupMatrixStore<row_major>(&products, 8u * 0u * TILE_COLUMNS + 8u * 0u, product0_0, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 0u * TILE_COLUMNS + 8u * 1u, product0_1, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 0u * TILE_COLUMNS + 8u * 2u, product0_2, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 0u * TILE_COLUMNS + 8u * 3u, product0_3, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 1u * TILE_COLUMNS + 8u * 0u, product1_0, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 1u * TILE_COLUMNS + 8u * 1u, product1_1, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 1u * TILE_COLUMNS + 8u * 2u, product1_2, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 1u * TILE_COLUMNS + 8u * 3u, product1_3, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 2u * TILE_COLUMNS + 8u * 0u, product2_0, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 2u * TILE_COLUMNS + 8u * 1u, product2_1, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 2u * TILE_COLUMNS + 8u * 2u, product2_2, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 2u * TILE_COLUMNS + 8u * 3u, product2_3, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 3u * TILE_COLUMNS + 8u * 0u, product3_0, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 3u * TILE_COLUMNS + 8u * 1u, product3_1, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 3u * TILE_COLUMNS + 8u * 2u, product3_2, TILE_COLUMNS);
  subgroupMatrixStore<row_major>(&products, 8u * 3u * TILE_COLUMNS + 8u * 3u, product3_3, TILE_COLUMNS);
  workgroupBarrier();
  {
    let at = (4u * (thread_y + 0u * THREADS_Y) + 0u) * TILE_COLUMNS + 4u * (thread_x + 0u * THREADS_X);
    sum0_0_0 += vec4f(products[at], products[at + 1u], products[at + 2u], products[at + 3u]);
  }
  {
    let at = (4u * (thread_y + 0u * THREADS_Y) + 1u) * TILE_COLUMNS + 4u * (thread_x + 0u * THREADS_X);
    sum0_1_0 += vec4f(products[at], products[at + 1u], products[at + 2u], products[at + 3u]);
  }
  {
    let at = (4u * (thread_y + 0u * THREADS_Y) + 2u) * TILE_COLUMNS + 4u * (thread_x + 0u * THREADS_X);
    sum0_2_0 += vec4f(products[at], products[at + 1u], products[at + 2u], products[at + 3u]);
  }
  {
    let at = (4u * (thread_y + 0u * THREADS_Y) + 3u) * TILE_COLUMNS + 4u * (thread_x + 0u * THREADS_X);
    sum0_3_0 += vec4f(products[at], products[at + 1u], products[at + 2u], products[at + 3u]);
  }
  {
    let at = (4u * (thread_y + 1u * THREADS_Y) + 0u) * TILE_COLUMNS + 4u * (thread_x + 0u * THREADS_X);
    sum1_0_0 += vec4f(products[at], products[at + 1u], products[at + 2u], products[at + 3u]);
  }
  {
    let at = (4u * (thread_y + 1u * THREADS_Y) + 1u) * TILE_COLUMNS + 4u * (thread_x + 0u * THREADS_X);
    sum1_1_0 += vec4f(products[at], products[at + 1u], products[at + 2u], products[at + 3u]);
  }
  {
    let at = (4u * (thread_y + 1u * THREADS_Y) + 2u) * TILE_COLUMNS + 4u * (thread_x + 0u * THREADS_X);
    sum1_2_0 += vec4f(products[at], products[at + 1u], products[at + 2u], products[at + 3u]);
  }
  {
    let at = (4u * (thread_y + 1u * THREADS_Y) + 3u) * TILE_COLUMNS + 4u * (thread_x + 0u * THREADS_X);
    sum1_3_0 += vec4f(products[at], products[at + 1u], products[at + 2u], products[at + 3u]);
  }
  {
    let row = first_row + 4u * (thread_y + 0u * THREADS_Y) + 0u;
    if (row < dims.rows) {
      {
        let n4 = first_column / 4u + thread_x + 0u * THREADS_X;
        if (n4 < N / 4u) {
          let column4 = COLUMN0 / 4u + n4;
          var value = sum0_0_0;
          value += bias[column4];
          value += residual[row * (RESIDUAL_STRIDE / 4u) + RESIDUAL_COLUMN / 4u + column4];
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] = value;
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
          value += bias[column4];
          value += residual[row * (RESIDUAL_STRIDE / 4u) + RESIDUAL_COLUMN / 4u + column4];
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] = value;
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
          value += bias[column4];
          value += residual[row * (RESIDUAL_STRIDE / 4u) + RESIDUAL_COLUMN / 4u + column4];
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] = value;
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
          value += bias[column4];
          value += residual[row * (RESIDUAL_STRIDE / 4u) + RESIDUAL_COLUMN / 4u + column4];
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] = value;
        }
      }
    }
  }
  {
    let row = first_row + 4u * (thread_y + 1u * THREADS_Y) + 0u;
    if (row < dims.rows) {
      {
        let n4 = first_column / 4u + thread_x + 0u * THREADS_X;
        if (n4 < N / 4u) {
          let column4 = COLUMN0 / 4u + n4;
          var value = sum1_0_0;
          value += bias[column4];
          value += residual[row * (RESIDUAL_STRIDE / 4u) + RESIDUAL_COLUMN / 4u + column4];
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] = value;
        }
      }
    }
  }
  {
    let row = first_row + 4u * (thread_y + 1u * THREADS_Y) + 1u;
    if (row < dims.rows) {
      {
        let n4 = first_column / 4u + thread_x + 0u * THREADS_X;
        if (n4 < N / 4u) {
          let column4 = COLUMN0 / 4u + n4;
          var value = sum1_1_0;
          value += bias[column4];
          value += residual[row * (RESIDUAL_STRIDE / 4u) + RESIDUAL_COLUMN / 4u + column4];
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] = value;
        }
      }
    }
  }
  {
    let row = first_row + 4u * (thread_y + 1u * THREADS_Y) + 2u;
    if (row < dims.rows) {
      {
        let n4 = first_column / 4u + thread_x + 0u * THREADS_X;
        if (n4 < N / 4u) {
          let column4 = COLUMN0 / 4u + n4;
          var value = sum1_2_0;
          value += bias[column4];
          value += residual[row * (RESIDUAL_STRIDE / 4u) + RESIDUAL_COLUMN / 4u + column4];
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] = value;
        }
      }
    }
  }
  {
    let row = first_row + 4u * (thread_y + 1u * THREADS_Y) + 3u;
    if (row < dims.rows) {
      {
        let n4 = first_column / 4u + thread_x + 0u * THREADS_X;
        if (n4 < N / 4u) {
          let column4 = COLUMN0 / 4u + n4;
          var value = sum1_3_0;
          value += bias[column4];
          value += residual[row * (RESIDUAL_STRIDE / 4u) + RESIDUAL_COLUMN / 4u + column4];
          let at = row * (Y_STRIDE / 4u) + Y_COLUMN / 4u + column4;
          y[at] = value;
        }
      }
    }
  }
}
