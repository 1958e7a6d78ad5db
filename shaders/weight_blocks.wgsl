// A weight in blocks of BLOCK columns of a row, each with a scale: codes of 4 bits, eight a word (Q4, NF4), or of 8 bits,
// four a word (Q8). W = scale · code + offset, or scale · value of the code with NF4, which has no offset.
// @include weight_nf4 // @if NF4
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<u32>;

fn block_of(row: u32, k4: u32) -> u32 { return row * (K / BLOCK) + k4 / (BLOCK / 4u); }

// Scale and offset of the block that 4·k4 lies in. With SCALED a block has both, in float32 or float16; else, with NF4, a
// scale in float32.
fn scale_of(row: u32, k4: u32) -> vec2f {
  return scale_at(block_of(row, k4)); // @if SCALED
  return vec2f(scales[block_of(row, k4)], 0.0); // @if !SCALED
}
// @if SCALED && SCALE_F32
@group(0) @binding(AT_SCALES) var<storage, read> scales: array<vec2f>;
fn scale_at(block: u32) -> vec2f { return scales[block]; }
// @end
// @if SCALED && !SCALE_F32
@group(0) @binding(AT_SCALES) var<storage, read> scales: array<u32>;
fn scale_at(block: u32) -> vec2f { return unpack2x16float(scales[block]); }
// @end
@group(0) @binding(AT_SCALES) var<storage, read> scales: array<f32>; // @if !SCALED

// The four codes of 4 bits at 4·k4.
fn nibbles(row: u32, k4: u32) -> vec4u {
  let word = weight[row * (K / 8u) + k4 / 2u] >> (16u * (k4 % 2u));
  return (vec4u(word) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u);
}

// W[row, 4·k4 … 4·k4 + 3] by a scale from scale_of: kernels that stay in a block read it once.
fn weight4_by(scale: vec2f, row: u32, k4: u32) -> vec4f {
  return scale.x * nf4_values(nibbles(row, k4)); // @if NF4
  return scale.x * vec4f(nibbles(row, k4)) + scale.y; // @if Q4
  // @if Q8
  let word = bitcast<i32>(weight[row * (K / 4u) + k4]);
  return scale.x * vec4f((vec4i(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u)) + scale.y;
  // @end
}

fn weight4(row: u32, k4: u32) -> vec4f {
  return weight4_by(scale_of(row, k4), row, k4);
}
