// Gradients of an adapter's two matrices: sums over all tokens of an outer product of a wide and a narrow row.
//   dA += dSᵀ·X̃         wide X [rows, C] (with dropout X̃ = M∘X / (1 − p)), narrow dS [rows, parts·RANK]
//   dB += SCALE·dYᵀ·S    wide dY [rows, C], narrow S [rows, parts·RANK]
// Rows are cut into CHUNKS ranges that are summed apart and added in order by sum_partials.wgsl, so that the result
// does not depend on timing. With one chunk the sum is added to the gradient at once.
//
// A thread sums 4·NARROW × 4·WIDE outputs; the four threads of a quad share the narrow columns, see
// linear_forward_direct.wgsl for QUAD.
enable subgroups; // @if QUAD
// @include dims
// @include columns
// @if DROPOUT
// @include dropout
// @end
const DROPOUT: bool = false;
const QUAD: bool = false;
const WIDE: u32 = 1u;
const NARROW: u32 = 4u;
const GROUPS: u32 = 1u;
const CHUNKS: u32 = 1u;
const SCALE: f32 = 1.0;

const GRADIENT_OF_A: bool = true; // else of B
const RANK: u32 = 16u;
const RANK_TILES: u32 = 1u; // workgroups that share the rank: RANK / (4·NARROW), rounded up
const C: u32 = 64u; // columns of all parts of the wide matrix
const C_VEC: bool = true; // C, stride, column and the parts' bounds are multiples of 4
const WIDE_STRIDE: u32 = 64u;
const WIDE_COLUMN: u32 = 0u;
const NARROW_STRIDE: u32 = 16u;
const NARROW_COLUMN: u32 = 0u;

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

fn narrow4(at: u32, lane: u32) -> vec4f {
  // @if QUAD
  let own = narrow[at + lane];
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
  // @else
  return vec4f(narrow[at], narrow[at + 1u], narrow[at + 2u], narrow[at + 3u]);
  // @end
}

fn add_to(at: u32, chunk: u32, value: f32) {
  out[at] += SCALE * value; // @if CHUNKS == 1
  out[chunk * OUT_LENGTH + at] = SCALE * value; // @if CHUNKS != 1
}

const OUT_LENGTH: u32 = 1024u; // floats of the gradient

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
  // @unroll w < WIDE
  var sum${j}_${w}_0 = vec4f();
  var sum${j}_${w}_1 = vec4f();
  var sum${j}_${w}_2 = vec4f();
  var sum${j}_${w}_3 = vec4f();
  // @end
  // @end
  // @unroll w < WIDE
  let column$w = min(first_column + 4u * ${w}u, end - 4u); // @if C_VEC
  let column$w = first_column + 4u * ${w}u; // @if !C_VEC
  // @end
  let module_key = dropout_module_key(PART_MODULE[part]); // @if DROPOUT

  for (var row = first_row; row < end_row; row++) {
    let wide_base = row * WIDE_STRIDE + WIDE_COLUMN;
    let narrow_base = row * NARROW_STRIDE;
    let key = dropout_row_key(module_key, row); // @if DROPOUT
    // @unroll w < WIDE
    let v$w = wide4(wide_base, column$w) * dropout_mask4(key, column$w); // @if DROPOUT
    let v$w = wide4(wide_base, column$w); // @if !DROPOUT
    // @end
    // @unroll j < NARROW
    {
      let n = narrow4(narrow_base + narrow_at$j, lane);
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
