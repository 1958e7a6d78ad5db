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
const GRADIENT_OF_A: bool = true;
const RANK: u32 = 8u;
const RANK_TILES: u32 = 1u;
const C: u32 = 128u;
const C_VEC: bool = true;
const WIDE_STRIDE: u32 = 128u;
const WIDE_COLUMN: u32 = 0u;
const AT_WIDE: u32 = 1u;
@group(0) @binding(AT_WIDE) var<storage, read> wide: array<vec4f>;
fn wide4(base: u32, column: u32) -> vec4f {
  return wide[(base + column) / 4u];
}
const NARROW_STRIDE: u32 = 24u;
const NARROW_COLUMN: u32 = 0u;
const AT_NARROW: u32 = 2u;
@group(0) @binding(AT_NARROW) var<storage, read> narrow: array<vec4f>;
const CHUNKS: u32 = 1u;
const OUT_LENGTH: u32 = 3072u;
const AT_OUT: u32 = 3u;
@group(0) @binding(AT_OUT) var<storage, read_write> out: array<vec4f>;
fn add_to(at: u32, chunk: u32, value: vec4f) {
  out[at] += SCALE * value;
}
const ROW_VECTORS: u32 = 1u;
const COLUMN_VECTORS: u32 = 1u;
const THREADS_X: u32 = 16u;
const THREADS_Y: u32 = 4u;
const DEPTH: u32 = 16u;
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
const OUT_VEC: bool = true;
const LEFT_LOADS: u32 = 1u;
const RIGHT_LOADS: u32 = 4u;
@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let thread_x = thread % THREADS_X;
  let thread_y = thread / THREADS_X;
  var sum0_0_0 = vec4f();
  var sum0_1_0 = vec4f();
  var sum0_2_0 = vec4f();
  var sum0_3_0 = vec4f();
  let left_d0 = (thread + 0u * THREADS) / ROWS4;
  let left_four0 = (thread + 0u * THREADS) % ROWS4;
  var left0 = vec4f();
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
  let chunk = group.y;
  let part = group.z / RANK_TILES;
  let first_rank = (group.z % RANK_TILES) * TILE_ROWS;
  let begin = 0u;
  let end = C;
  let first_column = begin + group.x * TILE_COLUMNS;
  if (first_column >= end) { return; }
  let rows_in_chunk = (dims.rows + CHUNKS - 1u) / CHUNKS;
  let first_row = min(chunk * rows_in_chunk, dims.rows - 1u);
  let end_row = min((chunk + 1u) * rows_in_chunk, dims.rows);
  let rows = end_row - min(chunk * rows_in_chunk, end_row);
  let panels = (rows + DEPTH - 1u) / DEPTH;
  let module_key = dropout_module_key(PART_MODULE[part]);
  let rank0 = (NARROW_COLUMN + part * RANK + min(first_rank + 4u * left_four0, RANK - 4u)) / 4u;
  let column0 = min(first_column + 4u * right_four0, end - 4u);
  let column1 = min(first_column + 4u * right_four1, end - 4u);
  let column2 = min(first_column + 4u * right_four2, end - 4u);
  let column3 = min(first_column + 4u * right_four3, end - 4u);
  for (var panel = 0u; panel < panels + 1u; panel++) {
  if (panel < panels) {
    let left_row0 = panel * DEPTH + left_d0;
    let from0 = (first_row + min(left_row0, rows - 1u)) * (NARROW_STRIDE / 4u) + rank0;
    left0 = select(vec4f(), narrow[from0], left_row0 < rows);
    let row0 = first_row + min(panel * DEPTH + right_d0, rows - 1u);
    right0 = wide4(row0 * WIDE_STRIDE + WIDE_COLUMN, column0);
    right0 *= dropout_mask4(dropout_row_key(module_key, row0), column0);
    let row1 = first_row + min(panel * DEPTH + right_d1, rows - 1u);
    right1 = wide4(row1 * WIDE_STRIDE + WIDE_COLUMN, column1);
    right1 *= dropout_mask4(dropout_row_key(module_key, row1), column1);
    let row2 = first_row + min(panel * DEPTH + right_d2, rows - 1u);
    right2 = wide4(row2 * WIDE_STRIDE + WIDE_COLUMN, column2);
    right2 *= dropout_mask4(dropout_row_key(module_key, row2), column2);
    let row3 = first_row + min(panel * DEPTH + right_d3, rows - 1u);
    right3 = wide4(row3 * WIDE_STRIDE + WIDE_COLUMN, column3);
    right3 *= dropout_mask4(dropout_row_key(module_key, row3), column3);
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
    if (left_d0 < DEPTH) { put_left(left_d0, left_four0, left0); }
    if (right_d0 < DEPTH) { put_right(right_d0, right_four0, right0); }
    if (right_d1 < DEPTH) { put_right(right_d1, right_four1, right1); }
    if (right_d2 < DEPTH) { put_right(right_d2, right_four2, right2); }
    if (right_d3 < DEPTH) { put_right(right_d3, right_four3, right3); }
    workgroupBarrier();
  }
  {
    let rank = first_rank + 4u * (thread_y + 0u * THREADS_Y);
    let column = first_column + 4u * (thread_x + 0u * THREADS_X);
    if (rank < RANK && column < end) {
      add_to(((part * RANK + rank + 0u) * C + column) / 4u, chunk, sum0_0_0);
      add_to(((part * RANK + rank + 1u) * C + column) / 4u, chunk, sum0_1_0);
      add_to(((part * RANK + rank + 2u) * C + column) / 4u, chunk, sum0_2_0);
      add_to(((part * RANK + rank + 3u) * C + column) / 4u, chunk, sum0_3_0);
    }
  }
}
