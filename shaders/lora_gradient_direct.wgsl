// Gradients of an adapter's two matrices: sums over all tokens of an outer product of a wide and a narrow row.
//   dA += dSᵀ·X̃         wide X [rows, C] (with dropout X̃ = M∘X / (1 − p)), narrow dS [rows, parts·RANK]
//   dB += SCALE·dYᵀ·S    wide dY [rows, C], narrow S [rows, parts·RANK]
//
// Register tile without workgroup memory: a thread sums 4·NARROW × 4·WIDE outputs; the four threads of a quad share the
// narrow columns, see linear_forward_direct.wgsl for QUAD.
enable subgroups; // @if QUAD
// @include lora_gradient
const QUAD: bool = false;
const WIDE: u32 = 1u;
const NARROW: u32 = 4u;
const GROUPS: u32 = 1u; // quads of a workgroup, side by side
// @include quad_load name=narrow4 buffer=narrow // @if QUAD

@compute @workgroup_size(4, GROUPS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let chunk = group.y;
  let part = group.z / RANK_TILES;
  let first_rank = (group.z % RANK_TILES) * (4u * NARROW);
  // @if GRADIENT_OF_A
  let begin = 0u;
  let end = C;
  // @else
  let begin = PART_BEGIN[part];
  let end = PART_END[part];
  // @end
  let first_column = begin + ((group.x * GROUPS + local.y) * 4u + lane) * (4u * WIDE);
  let rows_in_chunk = (dims.rows + CHUNKS - 1u) / CHUNKS;
  let first_row = chunk * rows_in_chunk;
  let end_row = min(first_row + rows_in_chunk, dims.rows);

  // @unroll j < NARROW
  let narrow_at$j = NARROW_COLUMN + part * RANK + min(first_rank + 4u * ${j}u, RANK - 4u);
  var sum${j}_${w}_${q} = vec4f(); // @unroll w < WIDE, q < 4
  // @end
  // @unroll w < WIDE
  let column$w = min(first_column + 4u * ${w}u, end - 4u); // @if C_VEC
  let column$w = first_column + 4u * ${w}u; // @if !C_VEC
  // @end
  let module_key = dropout_module_key(PART_MODULE[part]); // @if DROPOUT

  for (var row = first_row; row < end_row; row++) {
    let wide_base = row * WIDE_STRIDE + WIDE_COLUMN;
    let narrow_base = row * NARROW_STRIDE; // @if QUAD
    let key = dropout_row_key(module_key, row); // @if DROPOUT
    // @unroll w < WIDE
    let v$w = wide4(wide_base, column$w) * dropout_mask4(key, column$w); // @if DROPOUT
    let v$w = wide4(wide_base, column$w); // @if !DROPOUT
    // @end
    // @unroll j < NARROW
    {
      let n = narrow4(narrow_base + narrow_at$j, lane); // @if QUAD
      let n = narrow[row * (NARROW_STRIDE / 4u) + narrow_at$j / 4u]; // @if !QUAD
      // @unroll w < WIDE
      sum${j}_${w}_0 += n.x * v$w;
      sum${j}_${w}_1 += n.y * v$w;
      sum${j}_${w}_2 += n.z * v$w;
      sum${j}_${w}_3 += n.w * v$w;
      // @end
    }
    // @end
  }

  // @unroll w < WIDE, c < 4
  {
    let column = first_column + 4u * ${w}u + ${c}u;
    if (column < end) {
      // @unroll j < NARROW
      if (first_rank + 4u * ${j}u < RANK) {
        let rank = first_rank + 4u * ${j}u;
        // @unroll q < 4
        add_to((part * RANK + rank + ${q}u) * C + column, chunk, sum${j}_${w}_${q}[$c]); // @if GRADIENT_OF_A
        add_to(column * RANK + rank + ${q}u, chunk, sum${j}_${w}_${q}[$c]); // @if !GRADIENT_OF_A
        // @end
      }
      // @end
    }
  }
  // @end
}
