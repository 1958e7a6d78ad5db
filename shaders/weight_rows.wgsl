// A weight in float32, or in float16: two values a word, rows one after another; read as float16 with HALF (feature
// shader-f16).
// @if K_VEC
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<vec4f>; // @if !F16
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<vec2u>; // @if F16 && !HALF
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<vec4<f16>>; // @if F16 && HALF

fn weight4(row: u32, k4: u32) -> vec4f {
  return weight[row * (K / 4u) + k4]; // @if !F16
  // @if F16 && !HALF
  let pair = weight[row * (K / 4u) + k4];
  return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
  // @end
  return vec4f(weight[row * (K / 4u) + k4]); // @if F16 && HALF
}
// @else
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<f32>; // @if !F16
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<u32>; // @if F16

// Zero past the end of the row.
fn weight4(row: u32, k4: u32) -> vec4f {
  return vec4f(weight1(row, 4u * k4), weight1(row, 4u * k4 + 1u), weight1(row, 4u * k4 + 2u), weight1(row, 4u * k4 + 3u));
}

fn weight1(row: u32, k: u32) -> f32 {
  if (k >= K) {
    return 0.0;
  }
  let at = row * K + k;
  return weight[at]; // @if !F16
  return unpack2x16float(weight[at / 2u])[at % 2u]; // @if F16
}
// @end
