// Gradients of an adapter's two matrices through tiles in workgroup memory; the same as lora_gradient_direct.wgsl:
//   dA += dSᵀ·X̃         wide X [rows, C] (with dropout X̃ = M∘X / (1 − p)), narrow dS [rows, parts·RANK]
//   dB += SCALE·dYᵀ·S    wide dY [rows, C], narrow S [rows, parts·RANK]
// The rows of the tile are the rank, its columns those of the wide matrix, and the sum runs over the tokens of one of
// CHUNKS ranges; sum_partials.wgsl adds the ranges in order. Both sides lie as the tile wants them.
// @include dims
// @include columns
// @include tile
// @if DROPOUT
// @include dropout
// @end
const DROPOUT: bool = false;
const HALF: bool = false;
const CHUNKS: u32 = 16u;
const SCALE: f32 = 1.0;
const LEFT_LOADS: u32 = 4u; // vec4s that a thread stages: ROWS4 · DEPTH / THREADS, rounded up
const RIGHT_LOADS: u32 = 4u; // COLUMNS4 · DEPTH / THREADS, rounded up

const GRADIENT_OF_A: bool = true; // else of B
const RANK: u32 = 16u;
const RANK_TILES: u32 = 1u; // workgroups that share the rank: RANK / TILE_ROWS, rounded up
const C: u32 = 64u; // columns of all parts of the wide matrix
const C_VEC: bool = true; // C, stride, column and the parts' bounds are multiples of 4
const WIDE_STRIDE: u32 = 64u;
const WIDE_COLUMN: u32 = 0u;
const NARROW_STRIDE: u32 = 16u;
const NARROW_COLUMN: u32 = 0u;
const OUT_LENGTH: u32 = 1024u; // floats of the gradient

const AT_WIDE: u32 = 1u;
const AT_NARROW: u32 = 2u;
const AT_OUT: u32 = 3u;
@group(0) @binding(AT_WIDE) var<storage, read> wide: array<vec4f>; // @if C_VEC
@group(0) @binding(AT_WIDE) var<storage, read> wide: array<f32>; // @if !C_VEC
@group(0) @binding(AT_NARROW) var<storage, read> narrow: array<f32>;
@group(0) @binding(AT_OUT) var<storage, read_write> out: array<f32>;

// @if C_VEC
fn wide4(base: u32, column: u32) -> vec4f {
  return wide[(base + column) / 4u];
}
// @else
fn wide4(base: u32, column: u32) -> vec4f {
  let at = base + min(vec4u(0u, 1u, 2u, 3u) + column, vec4u(C - 1u));
  return vec4f(wide[at.x], wide[at.y], wide[at.z], wide[at.w]);
}
// @end

fn add_to(at: u32, chunk: u32, value: f32) {
  out[at] += SCALE * value; // @if CHUNKS == 1
  out[chunk * OUT_LENGTH + at] = SCALE * value; // @if CHUNKS != 1
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let thread_x = thread % THREADS_X;
  let thread_y = thread / THREADS_X;
  var sum${p}_${q}_${v} = vec4f(); // @unroll p < ROW_VECTORS, q < 4, v < COLUMN_VECTORS
  // @unroll u < LEFT_LOADS
  let left_d$u = (thread + ${u}u * THREADS) / ROWS4;
  let left_m$u = (thread + ${u}u * THREADS) % ROWS4;
  var n$u = vec4f();
  // @end
  // @unroll u < RIGHT_LOADS
  let right_d$u = (thread + ${u}u * THREADS) / COLUMNS4;
  let right_n$u = (thread + ${u}u * THREADS) % COLUMNS4;
  var w$u = vec4f();
  // @end
  let chunk = group.y;
  let part = group.z / RANK_TILES;
  let first_rank = (group.z % RANK_TILES) * TILE_ROWS;
  // @if GRADIENT_OF_A
  let begin = 0u;
  let end = C;
  // @else
  let begin = PART_BEGIN[part];
  let end = PART_END[part];
  // @end
  let first_column = begin + group.x * TILE_COLUMNS;
  // The grid is as wide as the widest part; a narrower one has nothing here.
  if (first_column >= end) { return; }
  let rows_in_chunk = (dims.rows + CHUNKS - 1u) / CHUNKS;
  let first_row = min(chunk * rows_in_chunk, dims.rows - 1u);
  let end_row = min((chunk + 1u) * rows_in_chunk, dims.rows);
  let rows = end_row - min(chunk * rows_in_chunk, end_row);
  let panels = (rows + DEPTH - 1u) / DEPTH;
  let module_key = dropout_module_key(PART_MODULE[part]); // @if DROPOUT
  let rank$u = NARROW_COLUMN + part * RANK + min(first_rank + 4u * left_m$u, RANK - 4u); // @unroll u < LEFT_LOADS
  // @unroll u < RIGHT_LOADS
  let column$u = min(first_column + 4u * right_n$u, end - 4u); // @if C_VEC
  let column$u = first_column + 4u * right_n$u; // @if !C_VEC
  // @end

  for (var panel = 0u; panel < panels + 1u; panel++) {
    if (panel < panels) {
      // Rows behind the end of the chunk count zero times another row.
      // @unroll u < LEFT_LOADS
      let left_row$u = panel * DEPTH + left_d$u;
      let from$u = (first_row + min(left_row$u, rows - 1u)) * NARROW_STRIDE + rank$u;
      n$u = select(vec4f(), vec4f(narrow[from$u], narrow[from$u + 1u], narrow[from$u + 2u], narrow[from$u + 3u]), left_row$u < rows);
      // @end
      // @unroll u < RIGHT_LOADS
      let row$u = first_row + min(panel * DEPTH + right_d$u, rows - 1u);
      w$u = wide4(row$u * WIDE_STRIDE + WIDE_COLUMN, column$u);
      w$u *= dropout_mask4(dropout_row_key(module_key, row$u), column$u); // @if DROPOUT
      // @end
    }
    if (panel > 0u) {
      // @include tile_multiply
    }
    if (panel == panels) { break; }
    workgroupBarrier();
    if (left_d$u < DEPTH) { put_left(left_d$u, left_m$u, n$u); } // @unroll u < LEFT_LOADS
    if (right_d$u < DEPTH) { put_right(right_d$u, right_n$u, w$u); } // @unroll u < RIGHT_LOADS
    workgroupBarrier();
  }

  // @unroll p < ROW_VECTORS, q < 4
  {
    let rank = first_rank + 4u * (thread_y + ${p}u * THREADS_Y) + ${q}u;
    if (rank < RANK) {
      // @unroll v < COLUMN_VECTORS, c < 4
      {
        let column = first_column + 4u * (thread_x + ${v}u * THREADS_X) + ${c}u;
        if (column < end) {
          add_to((part * RANK + rank) * C + column, chunk, sum${p}_${q}_${v}[$c]); // @if GRADIENT_OF_A
          add_to(column * RANK + rank, chunk, sum${p}_${q}_${v}[$c]); // @if !GRADIENT_OF_A
        }
      }
      // @end
    }
  }
  // @end
}
