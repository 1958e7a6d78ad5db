// Sizes, strides and bindings of lora_gradient_direct.wgsl and lora_gradient_tiled.wgsl:
//   dA += dSᵀ·X̃         wide X [rows, C] (with dropout X̃ = M∘X / (1 − p)), narrow dS [rows, parts·RANK]
//   dB += SCALE·dYᵀ·S    wide dY [rows, C], narrow S [rows, parts·RANK]
// @include dims
// @include columns
// @include dropout // @if DROPOUT
const DROPOUT: bool = false;
const SCALE: f32 = 1.0;
const GRADIENT_OF_A: bool = true; // else of B
const RANK: u32 = 16u;
const RANK_TILES: u32 = 1u; // workgroups that share the rank: RANK by the rank's part of a tile, rounded up

const C: u32 = 64u; // columns of all parts of the wide matrix
const C_VEC: bool = true; // C, stride, column and the parts' bounds are multiples of 4
const WIDE_STRIDE: u32 = 64u;
const WIDE_COLUMN: u32 = 0u;
const AT_WIDE: u32 = 1u;
// wide[base + column … + 3]; values past the last column are not stored.
// @if C_VEC
@group(0) @binding(AT_WIDE) var<storage, read> wide: array<vec4f>;
fn wide4(base: u32, column: u32) -> vec4f {
  return wide[(base + column) / 4u];
}
// @else
@group(0) @binding(AT_WIDE) var<storage, read> wide: array<f32>;
fn wide4(base: u32, column: u32) -> vec4f {
  let at = base + min(vec4u(0u, 1u, 2u, 3u) + column, vec4u(C - 1u));
  return vec4f(wide[at.x], wide[at.y], wide[at.z], wide[at.w]);
}
// @end

const NARROW_STRIDE: u32 = 16u; // a multiple of 4, as are RANK and NARROW_COLUMN
const NARROW_COLUMN: u32 = 0u;
const AT_NARROW: u32 = 2u;
@group(0) @binding(AT_NARROW) var<storage, read> narrow: array<f32>; // @if QUAD
@group(0) @binding(AT_NARROW) var<storage, read> narrow: array<vec4f>; // @if !QUAD

// The rows are cut into CHUNKS ranges that are summed apart and added in order by sum_partials.wgsl, so that the result
// does not depend on timing. With one chunk the sum is added to the gradient at once.
const CHUNKS: u32 = 1u;
const OUT_LENGTH: u32 = 1024u; // floats of the gradient
const AT_OUT: u32 = 3u;
// @if OUT_VEC
@group(0) @binding(AT_OUT) var<storage, read_write> out: array<vec4f>;
fn add_to(at: u32, chunk: u32, value: vec4f) { // `at` counts vec4s
  out[at] += SCALE * value; // @if CHUNKS == 1
  out[chunk * (OUT_LENGTH / 4u) + at] = SCALE * value; // @if CHUNKS != 1
}
// @else
@group(0) @binding(AT_OUT) var<storage, read_write> out: array<f32>;
fn add_to(at: u32, chunk: u32, value: f32) {
  out[at] += SCALE * value; // @if CHUNKS == 1
  out[chunk * OUT_LENGTH + at] = SCALE * value; // @if CHUNKS != 1
}
// @end
