// Gradients of an adapter's two matrices through tiles in workgroup memory; the same as lora_gradient_direct.wgsl:
//   dA += dSᵀ·X̃         wide X [rows, C] (with dropout X̃ = M∘X / (1 − p)), narrow dS [rows, parts·RANK]
//   dB += SCALE·dYᵀ·S    wide dY [rows, C], narrow S [rows, parts·RANK]
// The rows of the tile are the rank, its columns those of the wide matrix, and the sum runs over the tokens of one of
// CHUNKS ranges. Both sides lie in memory as the tile wants them.
// @include small_subgroups
// @include lora_gradient
// @include tile
const OUT_VEC: bool = false; // the gradient is vec4s: its rows are multiples of 4 long, as those of dB always are
const LEFT_LOADS: u32 = 4u; // vec4s that a thread stages: ROWS4 · DEPTH / THREADS, rounded up
const RIGHT_LOADS: u32 = 4u; // COLUMNS4 · DEPTH / THREADS, rounded up

@compute @subgroup_size(8) @workgroup_size(THREADS) // @if SUBGROUPS_OF_8
@compute @workgroup_size(THREADS) // @if !SUBGROUPS_OF_8
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  // @include tile_start left=across right=across
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
  // @unroll u < LEFT_LOADS
  let rank$u = (NARROW_COLUMN + part * RANK + min(first_rank + 4u * left_four$u, RANK - 4u)) / 4u;
  // @end
  // @unroll u < RIGHT_LOADS
  let column$u = min(first_column + 4u * right_four$u, end - 4u); // @if C_VEC
  let column$u = first_column + 4u * right_four$u; // @if !C_VEC
  // @end

  // @block fetch
  if (panel < panels) {
    // Rows past the end of the chunk count zero times another row.
    // @unroll u < LEFT_LOADS
    let left_row$u = panel * DEPTH + left_d$u;
    let from$u = (first_row + min(left_row$u, rows - 1u)) * (NARROW_STRIDE / 4u) + rank$u;
    left$u = select(vec4f(), narrow[from$u], left_row$u < rows);
    // @end
    // @unroll u < RIGHT_LOADS
    let row$u = first_row + min(panel * DEPTH + right_d$u, rows - 1u);
    right$u = wide4(row$u * WIDE_STRIDE + WIDE_COLUMN, column$u);
    right$u *= dropout_mask4(dropout_row_key(module_key, row$u), column$u); // @if DROPOUT
    // @end
  }
  // @end
  // @include tile_loop left=across right=across

  // @if OUT_VEC
  // @unroll p < ROW_VECTORS, v < COLUMN_VECTORS
  {
    let rank = first_rank + 4u * (thread_y + ${p}u * THREADS_Y);
    let column = first_column + 4u * (thread_x + ${v}u * THREADS_X);
    // @if GRADIENT_OF_A
    if (rank < RANK && column < end) {
      add_to(((part * RANK + rank + ${q}u) * C + column) / 4u, chunk, sum${p}_${q}_${v}); // @unroll q < 4
    }
    // @else
    // @unroll c < 4
    if (rank < RANK && column + ${c}u < end) {
      let of_column = vec4f(sum${p}_0_${v}[$c], sum${p}_1_${v}[$c], sum${p}_2_${v}[$c], sum${p}_3_${v}[$c]);
      add_to(((column + ${c}u) * RANK + rank) / 4u, chunk, of_column);
    }
    // @end
    // @end
  }
  // @end
  // @else
  // This is dA.
  // @unroll p < ROW_VECTORS, q < 4
  {
    let rank = first_rank + 4u * (thread_y + ${p}u * THREADS_Y) + ${q}u;
    if (rank < RANK) {
      // @unroll v < COLUMN_VECTORS, c < 4
      {
        let column = first_column + 4u * (thread_x + ${v}u * THREADS_X) + ${c}u;
        if (column < end) { add_to((part * RANK + rank) * C + column, chunk, sum${p}_${q}_${v}[$c]); }
      }
      // @end
    }
  }
  // @end
  // @end
}
