// A frozen weight W [N_ALL, K], row-major, decoded as it is read; the layouts stand in src/weights/repack.ts.
//   f32      one value a word
//   F16      two values a word, rows one after another; with HALF read as float16 (feature shader-f16)
//   Q4, NF4  eight codes a word; Q8: four. Scales in a binding of their own, one for BLOCK columns of a row
const K: u32 = 64u; // columns of W: the inputs of the linear layer
const K_VEC: bool = true; // K is a multiple of 4
const AT_WEIGHT: u32 = 2u;
const AT_SCALES: u32 = 3u;
const BLOCK: u32 = 32u;

// @if QUANT
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<u32>;
// @else
// @if F16
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<vec4<f16>>; // @if K_VEC && HALF
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<vec2u>; // @if K_VEC && !HALF
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<u32>; // @if !K_VEC
// @else
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<vec4f>; // @if K_VEC
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<f32>; // @if !K_VEC
// @end
// @end

// @if NF4
@group(0) @binding(AT_SCALES) var<storage, read> scales: array<f32>;

// The value of each code: four levels of selection by its bits. A table would be an array in memory on most GPUs.
fn nf4_values(q: vec4u) -> vec4f {
  let b0 = (q & vec4u(1u)) != vec4u();
  let b1 = (q & vec4u(2u)) != vec4u();
  let b2 = (q & vec4u(4u)) != vec4u();
  let low = select(
    select(nf4_pair(-1.0, -0.6961928009986877, b0), nf4_pair(-0.5250730514526367, -0.39491748809814453, b0), b1),
    select(nf4_pair(-0.28444138169288635, -0.18477343022823334, b0), nf4_pair(-0.09105003625154495, 0.0, b0), b1),
    b2);
  let high = select(
    select(nf4_pair(0.07958029955625534, 0.16093020141124725, b0), nf4_pair(0.24611230194568634, 0.33791524171829224, b0), b1),
    select(nf4_pair(0.44070982933044434, 0.5626170039176941, b0), nf4_pair(0.7229568362236023, 1.0, b0), b1),
    b2);
  return select(low, high, (q & vec4u(8u)) != vec4u());
}

fn nf4_pair(even: f32, odd: f32, is_odd: vec4<bool>) -> vec4f {
  return select(vec4f(even), vec4f(odd), is_odd);
}
// @end

// @if SCALED
// @if SCALE_F32
@group(0) @binding(AT_SCALES) var<storage, read> scales: array<vec2f>;
fn scale_at(block: u32) -> vec2f { return scales[block]; }
// @else
@group(0) @binding(AT_SCALES) var<storage, read> scales: array<u32>;
fn scale_at(block: u32) -> vec2f { return unpack2x16float(scales[block]); }
// @end
// @end

// @if QUANT
fn block_of(row: u32, k4: u32) -> u32 { return row * (K / BLOCK) + k4 / (BLOCK / 4u); }

// The four codes of 4 bits at 4·k4.
fn nibbles(row: u32, k4: u32) -> vec4u {
  let word = weight[row * (K / 8u) + k4 / 2u] >> (16u * (k4 % 2u));
  return (vec4u(word) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u);
}

// Scale and offset of the block that 4·k4 lies in.
fn scale_of(row: u32, k4: u32) -> vec2f {
  return vec2f(scales[block_of(row, k4)], 0.0); // @if NF4
  return scale_at(block_of(row, k4)); // @if !NF4
}

// W[row, 4·k4 … 4·k4 + 3] by what scale_of gave: kernels that stay in a block read it once.
fn weight4_by(scale: vec2f, row: u32, k4: u32) -> vec4f {
  return scale.x * nf4_values(nibbles(row, k4)); // @if NF4
  return scale.x * vec4f(nibbles(row, k4)) + scale.y; // @if Q4
  // @if Q8
  let word = bitcast<i32>(weight[row * (K / 4u) + k4]);
  return scale.x * vec4f((vec4i(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u)) + scale.y;
  // @end
}
// @end

// W[row, 4·k4 … 4·k4 + 3], zero behind the end of the row.
fn weight4(row: u32, k4: u32) -> vec4f {
  // @if QUANT
  return weight4_by(scale_of(row, k4), row, k4);
  // @else
  // @if K_VEC
  // @if F16
  // @if HALF
  return vec4f(weight[row * (K / 4u) + k4]);
  // @else
  let pair = weight[row * (K / 4u) + k4];
  return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
  // @end
  // @else
  return weight[row * (K / 4u) + k4];
  // @end
  // @else
  return vec4f(weight1(row, 4u * k4), weight1(row, 4u * k4 + 1u), weight1(row, 4u * k4 + 2u), weight1(row, 4u * k4 + 3u));
  // @end
  // @end
}

// @if !K_VEC
fn weight1(row: u32, k: u32) -> f32 {
  if (k >= K) {
    return 0.0;
  }
  let at = row * K + k;
  return unpack2x16float(weight[at / 2u])[at % 2u]; // @if F16
  return weight[at]; // @if !F16
}
// @end
