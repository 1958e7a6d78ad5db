// A workgroup's tile of a product C[m, n] = Σ_d L[m, d]·R[d, n]. DEPTH steps of the sum are staged in workgroup memory
// at once, d outermost, in vec4s along m and n. A thread has ROW_VECTORS × COLUMN_VECTORS blocks of 4 × 4 outputs,
// which lie THREADS_Y and THREADS_X blocks apart, so that neighbours read and write neighbouring vec4s.
// Tiles of this kind in other projects: alphafold2-webgpu, laya-js, ONNX Runtime. The loop over panels: tile_loop.wgsl.
const ROW_VECTORS: u32 = 2u;
const COLUMN_VECTORS: u32 = 2u;
const THREADS_X: u32 = 8u;
const THREADS_Y: u32 = 8u;
const DEPTH: u32 = 16u;
const TILE_ROWS: u32 = 4u * ROW_VECTORS * THREADS_Y;
const TILE_COLUMNS: u32 = 4u * COLUMN_VECTORS * THREADS_X;
const ROWS4: u32 = TILE_ROWS / 4u;
const COLUMNS4: u32 = TILE_COLUMNS / 4u;
const DEPTH4: u32 = DEPTH / 4u;
const THREADS: u32 = THREADS_X * THREADS_Y;
// vec4s left free after every four steps: threads that store the same m or n of neighbouring fours would else meet in
// one memory bank. Places permuted by XOR would not meet either, but a compiler cannot bound them, and checks every read.
const PAD: u32 = 8u / DEPTH4;

// A subgroup multiplies matrices of 8 × 8 in dedicated units; it is the whole workgroup, so that control flow is uniform.
const MATRIX: bool = false;
const MATRIX_ROWS: u32 = 4u; // TILE_ROWS / 8
const MATRIX_COLUMNS: u32 = 4u; // TILE_COLUMNS / 8

// @if MATRIX
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
// @else
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
// @end

const HALF: bool = false; // the right side, a weight, is staged as the float16 that it is
// @if HALF
// Twice as many vec4s take as many banks.
const HALF_PAD: u32 = 2u * PAD;
var<workgroup> right_half: array<vec4<f16>, DEPTH * COLUMNS4 + DEPTH4 * HALF_PAD>;

fn put_right_half(d: u32, n4: u32, v: vec4f) {
  right_half[d * COLUMNS4 + d / 4u * HALF_PAD + n4] = vec4<f16>(v);
}
// @end
